from __future__ import annotations

import math
from pathlib import Path

from toolkit.boards import board
from toolkit.cost.forms import FORMS
from toolkit.cost.model import default_model, fit
from toolkit.cost.rows import mlperf

TEXT = (Path(__file__).parents[2] / "docs" / "cost.md").read_text()


def test_the_table_of_rows() -> None:
    model = default_model()
    for one, miss in zip(mlperf().rows, model.misses, strict=True):
        figure = model.energy(mlperf().products(one), board("pynq-z2"))
        assert figure is not None
        assert miss.without_row is not None
        assert miss.without_network is not None
        whole = 1e6 * one.idle_w / one.frames_per_s + figure.value
        cells = (
            *(one.board, one.network, f"{one.active_w:g}", f"{one.idle_w:g}"),
            *(f"{one.board_uj:.4g}", f"{whole:.4g}"),
            "-".join(f"{end:g}" for end in sorted({one.incremental_uj.low, one.incremental_uj.high})),
            *(f"{figure.value:.3g}", f"x{miss.without_row:.2f}", f"x{miss.without_network:.2f}"),
            f"{miss.factor:.2f}",
        )
        assert f"| {' | '.join(cells)} |" in TEXT


def test_the_model() -> None:
    model = default_model()
    assert f"E = {model.scale_pj:.3g} pJ" in TEXT
    assert f"activation bits)^{model.second:.3f}`" in TEXT
    assert f"The largest, {model.factor:.2f}, is the interval" in TEXT


def test_the_table_of_forms() -> None:
    for form in FORMS:
        errors = [math.log(miss.without_row) for miss in fit(mlperf(), [form]).misses if miss.without_row]
        rms = math.exp(math.sqrt(sum(error**2 for error in errors) / len(mlperf().rows)))
        assert f"| {form.formula} | {form.free} | {rms:.2f} |" in TEXT
