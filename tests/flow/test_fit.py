"""Which boards a network fits, by candidates made up here."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import hw_models
from toolkit import boards
from toolkit.cli import run
from toolkit.compile.folding.candidates import Candidate, Unit
from toolkit.core.topology import head, trunk
from toolkit.families.resources import Resources
from toolkit.flow import fit as fits
from toolkit.flow.fit import Fit, Segments, fit, smallest
from toolkit.links.answers import can_answer

ULX3S = boards.board("ulx3s-85f")
ZC706 = boards.board("zc706").model_copy(update={"vivado_table": None})


def segments(bram: int, lut: int = 200) -> Segments:
    """Two segments of one layer each, whose memory is the same at any folding."""
    choices = tuple(
        Candidate(((("PE", lanes),),), 4000 // lanes, lanes, Resources(lut * lanes, bram, lanes))
        for lanes in (1, 2, 4, 1000)
    )
    return {part: [Unit("product", choices)] for part in (trunk(0), head(0))}


def test_a_network_that_fits_is_as_fast_as_it_can_be() -> None:
    found = fit(ULX3S, segments(bram=2))
    assert (found.cycles, found.lacks, found.target) == (1000, {}, True)
    assert found.takes["MULT18"] == (8, 156)
    assert found.says.startswith("1,000 cycles per frame, ")
    assert "8 of 156 MULT18" in found.says


def test_a_network_without_room_says_what_it_lacks() -> None:
    found = fit(ULX3S, segments(bram=400))
    assert (found.cycles, found.takes) == (None, {})
    ((name, (needed, has)),) = found.lacks.items()
    assert (name, has) == ("EBR", 208)
    assert needed >= 800
    assert found.says == f"does not fit: at least {needed:,} of 208 EBR"


def test_a_board_without_link_is_taken_whole() -> None:
    found = fit(ZC706, segments(bram=400))
    assert (found.cycles, found.target) == (1000, False)
    assert found.takes["BRAM18"] == (800, 1090)


def test_foldings_are_listed_once_for_whoever_estimates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family's toolchains may estimate differently: the Arty's open tools, and Vivado of a PYNQ-Z2."""
    asked: list[str] = []

    def listed(graphs: object, on: boards.Board, progress: object) -> Segments:
        asked.append(on.name)
        return segments(bram=2)

    monkeypatch.setattr(fits, "_segments", listed)
    found = fits.fit_graphs(cast(Any, SimpleNamespace(segments={}, image_bits=0, map_bits=())), None)
    assert {one.board for one in found} == set(boards.names())
    known = {boards.board(name).estimator for name in boards.names()}
    assert len(asked) == len(known) == len({boards.board(name).estimator for name in asked})
    assert boards.board("arty-a7-35t").estimator != boards.board("pynq-z2").estimator


def test_feature_maps_take_room_on_a_chip_that_keeps_them() -> None:
    large = 4 * (1 << 18)
    found = fit(ULX3S, segments(bram=2), 8 * 28 * 28, (large,))
    assert found.lacks["EBR"][0] == 2 * 2 + 4 + 32 * 64
    assert fit(ZC706, segments(bram=2), 8 * 28 * 28, (large,)) == fit(ZC706, segments(bram=2))


def test_look_up_tables_may_be_what_is_missing() -> None:
    assert list(fit(ULX3S, segments(bram=2, lut=60_000)).lacks) == ["LUT4"]


def test_the_command_names_the_smallest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tuple(fit(one, segments(bram=400)) for one in (ULX3S, ZC706))
    assert smallest(found) is found[1]
    monkeypatch.setattr(fits, "fit_boards", lambda run: found)
    assert run(["boards", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["smallest board: zc706", "smallest target of a bitstream: none of these"]
    assert run(["boards", str(tmp_path), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["smallest"], value["smallest_target"]) == ("zc706", None)
    assert [Fit.model_validate_json(json.dumps(row)) for row in value["boards"]] == list(found)


def test_a_folder_without_a_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["boards", str(tmp_path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_board_whose_chip_names_classes_is_not_for_another_task() -> None:
    found = [fit(one, segments(bram=2)) for one in (ULX3S, ZC706)]
    assert smallest(found) is found[0]
    mute = found[0].model_copy(update={"answers": False})
    assert mute.says == f"{found[0].says}; but its chip answers with one class"
    assert smallest([mute, found[1]]) is found[1]
    names = ("b_lenet", "b_lenet_numbers", "autoencoder", "mlp_diabetes")
    known = {name: can_answer(ULX3S, hw_models.get(name)) for name in names}
    assert list(known.values()) == [True, False, False, False]
    assert all(can_answer(ZC706, hw_models.get(name)) for name in names)
