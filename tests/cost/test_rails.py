from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cost.planted import NETWORKS, products
from toolkit.boards import board
from toolkit.core.errors import ArtifactError, BadOption
from toolkit.cost.measurement import Measurement, measured_rows
from toolkit.cost.model import default_model, fit
from toolkit.cost.rails import Rails, read_rails
from toolkit.cost.rows import load_rows


def write(path: Path, idle: list[float], active: list[float]) -> Path:
    phases = [("idle", watts) for watts in idle] + [("active", watts) for watts in active]
    lines = [f"{0.1 * i:.1f},{watts!r},{phase}" for i, (phase, watts) in enumerate(phases)]
    path.write_text("\n".join(["time_s,watts,phase", *lines]) + "\n")
    return path


def rails(folder: Path, idle: float = 2.0, active: float = 2.5) -> Rails:
    return read_rails(write(folder / "rails.csv", [idle] * 8, [active] * 8))


def test_two_phases(tmp_path: Path) -> None:
    found = read_rails(write(tmp_path / "r.csv", [2.0, 2.0, 2.2, 2.0], [2.4, 2.6, 2.5, 2.5]))
    assert found.idle.value == pytest.approx(2.05)
    assert found.idle.ends == (2.0, 2.2)
    assert found.active.value == pytest.approx(2.5)
    energy = found.incremental(frames_per_s=1000)
    assert energy.value == pytest.approx(450)  # 0.45 W for 1 ms
    assert energy.ends == pytest.approx((200, 600))
    assert energy.provenance == "measured"
    assert found.board(1000).value == pytest.approx(2500)
    assert "r.csv" in energy.source


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    idle=st.lists(st.floats(0.5, 1.0), min_size=4, max_size=20),
    active=st.lists(st.floats(1.1, 3.0), min_size=4, max_size=20),
    rate=st.floats(1, 1e6),
)
def test_board_minus_incremental_is_idle(
    tmp_path: Path, idle: list[float], active: list[float], rate: float
) -> None:
    found = read_rails(write(tmp_path / "r.csv", idle, active))
    floor = found.board(rate).value - found.incremental(rate).value
    assert floor == pytest.approx(1e6 * found.idle.value / rate)
    assert found.board(2 * rate).value == pytest.approx(found.board(rate).value / 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "columns time_s,watts,phase; found no time_s in 'an empty line'"),
        ("time_s;watts;phase\n0;1,0;idle\n", "found no time_s in 'time_s;watts;phase'"),
        ("time_s,watts,phase,watts\n0,1,idle,2\n", "found 2 watts in"),
        ("time_s,watts,phase\n0,1_000,idle\n", "sample 1; expected two numbers; found 0,1_000"),
        ("time_s,watts,phase\n0,inf,idle\n", "sample 1; expected two numbers"),
        ("time_s,watts,phase\n0,1e999,idle\n", "sample 1; expected two numbers"),
        ("time_s,watts,phase\n0,\u0663,idle\n", "sample 1; expected two numbers"),
        ("time_s,watts,phase\n", "expected samples; found none"),
        ("time_s,watts\n0,1\n", "found no phase"),
        ("time_s,watts,phase\n0,1.0,idle\n1,x,idle\n", "sample 2; expected two numbers; found 1,x"),
        ("time_s,watts,phase\n0,nan,idle\n", "sample 1; expected two numbers"),
        ("time_s,watts,phase\n0,1.0\n", "sample 1; expected phase active or idle"),
        ("time_s,watts,phase\n0,1.0,busy\n", "expected phase active or idle; found 'busy'"),
        ("time_s,watts,phase\n0,1.0,idle\n1,-1.0,idle\n", "at least 0 W; found -1"),
        ("time_s,watts,phase\n1,1.0,idle\n0,1.0,idle\n", "times that rise"),
        ("time_s,watts,phase\n0,1.0,idle\n1,2.0,active\n", "at least 4 active samples; found 1"),
    ],
)
def test_damaged_measurements_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rails.csv"
    path.write_text(text)
    with pytest.raises(ArtifactError, match=message):
        read_rails(path)


def test_what_spreadsheets_write_around_it_changes_nothing(tmp_path: Path) -> None:
    plain = write(tmp_path / "rails.csv", [2.0] * 8, [2.5] * 8)
    text, expected = plain.read_text(), read_rails(plain)
    for spelled in (
        "\ufeff" + text,
        text.replace("\n", "\r\n"),
        text.replace(",", " , "),
        text.replace("time_s,watts,phase", '"time_s","watts","phase"'),
        text.replace("idle", "idle,remark").replace("phase", "phase,remark"),
    ):
        plain.write_text(spelled, encoding="utf-8")
        assert read_rails(plain) == expected


def test_active_below_idle(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"active power above idle power; found 1.5 W and 2 W"):
        rails(tmp_path, idle=2.0, active=1.5)
    with pytest.raises(ArtifactError, match="is missing"):
        read_rails(tmp_path / "none.csv")


def test_a_difference_that_drowns_is_no_energy(tmp_path: Path) -> None:
    found = read_rails(write(tmp_path / "r.csv", [2.0, 2.3, 2.0, 2.0], [2.2, 2.2, 2.2, 2.2]))
    with pytest.raises(BadOption, match="Measure for longer"):
        found.incremental(100)
    with pytest.raises(BadOption, match="frames per second; expected above 0"):
        found.board(0)


def measured(folder: Path, network: str, energy_uj: float) -> Measurement:
    """0.5 W above idle, at the rate at which a frame takes ``energy_uj`` of it."""
    return Measurement(network, products(NETWORKS[network]), rails(folder), 0.5e6 / energy_uj)


def test_measurements_of_the_users_own(tmp_path: Path) -> None:
    """Twice the energy of the shipped model, measured on an ECP5 board, gives figures there."""
    ulx, pynq = board("ulx3s-85f"), board("pynq-z2")
    work = products(NETWORKS["two"])
    shipped = default_model().energy(work, pynq)
    assert shipped is not None
    assert default_model().energy(work, ulx) is None
    rows = measured_rows(
        [measured(tmp_path, "two", 2 * shipped.value)], ulx, name="mine", conditions="25 MHz"
    )
    rows.save(tmp_path / "mine.json")
    model = fit(load_rows(tmp_path / "mine.json"))
    figure = model.energy(work, ulx)
    assert figure is not None
    assert figure.value == pytest.approx(2 * shipped.value)
    assert model.energy(work, pynq) is None
    assert "1 rows of mine" in figure.source


def test_measurements_that_cannot_be_used(tmp_path: Path) -> None:
    pynq = board("pynq-z2")
    with pytest.raises(BadOption, match="at least 1"):
        measured_rows([], pynq, name="mine", conditions="none")
    one = measured(tmp_path, "two", 1.0)
    other = Measurement("two", products(NETWORKS["one"]), one.rails, 100.0)
    with pytest.raises(BadOption, match="products of two; expected the same every time"):
        measured_rows([one, other], pynq, name="mine", conditions="none")
    nothing = Measurement("two", (), one.rails, 100.0)
    with pytest.raises(BadOption, match="products of two; expected at least one layer"):
        measured_rows([nothing], pynq, name="mine", conditions="none")
