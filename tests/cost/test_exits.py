from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.boards import board
from toolkit.core.errors import BadOption
from toolkit.cost import Clock, Energy, total
from toolkit.cost.apportion import apportion
from toolkit.cost.exits import Costs, Occupied, Work, exit_costs
from toolkit.cost.figures import Power

PYNQ = board("pynq-z2")


def clock(mhz: float = 100.0) -> Clock:
    return Clock(value=mhz, provenance="requested", source="a test")


def uj(value: float, spread: float = 1.5) -> Energy:
    return Energy(
        value=value, low=value / spread, high=value * spread, provenance="estimated", source="a model"
    )


EXITS = (Work(3000, 1000, uj(4.0)), Work(9000, 4000, uj(12.0)))
BASELINE = Work(7000, 3500, uj(15.0))


def costs(
    rates: tuple[float, ...] = (0.75, 0.25), mhz: float = 100.0, occupied: Occupied = "interval"
) -> Costs:
    return exit_costs(EXITS, rates, BASELINE, clock(mhz), PYNQ, occupied=occupied)


def value(energy: Energy | None) -> float:
    assert energy is not None
    return energy.value


def test_a_mix_by_hand() -> None:
    found = costs()
    mix = found.combined
    assert mix.latency_us == pytest.approx(45.0)  # 0.75 * 3000 + 0.25 * 9000 cycles of 10 ns
    assert mix.interval_us == pytest.approx(10.0)  # stage 0: 1000; stage 1: a quarter of 4000
    assert mix.frames_per_s == pytest.approx(100_000)
    assert value(mix.incremental_uj) == pytest.approx(4 + 0.25 * 12)
    assert value(mix.energy_uj) == pytest.approx(1.52 * 10 + 7)
    assert value(found.exits[0].energy_uj) == pytest.approx(1.52 * 10 + 4)
    assert value(found.exits[1].energy_uj) == pytest.approx(1.52 * 40 + 16)
    assert value(found.baseline.energy_uj) == pytest.approx(1.52 * 35 + 15)
    assert mix.edp == pytest.approx(22.2 * 45)
    assert found.gain.throughput == pytest.approx(3.5)
    assert found.gain.latency == pytest.approx(70 / 45)
    assert found.gain.energy == pytest.approx(68.2 / 22.2)
    assert found.gain.edp == pytest.approx(68.2 * 70 / (22.2 * 45))
    assert found.gain.energy_incremental == pytest.approx(15 / 7)
    assert found.gain.edp_incremental == pytest.approx(15 * 70 / (7 * 45))
    assert found.missing == ()


def test_frames_that_come_one_at_a_time_pay_for_their_latency() -> None:
    found = costs(occupied="latency")
    assert value(found.combined.energy_uj) == pytest.approx(1.52 * 45 + 7)
    assert value(found.baseline.energy_uj) == pytest.approx(1.52 * 70 + 15)
    assert found.combined.frames_per_s == costs().combined.frames_per_s


def test_keys_and_provenance() -> None:
    found = json.loads(costs().model_dump_json())
    assert set(found["exits"][0]) >= {"latency_us", "frames_per_s", "energy_uj", "incremental_uj", "edp"}
    energy = found["combined"]["energy_uj"]
    assert set(energy) == {"value", "low", "high", "provenance", "source"}
    assert energy["provenance"] == "estimated"  # a sum of a measured floor and a model
    assert energy["low"] == pytest.approx(1.48 * 10 + 7 / 1.5)
    assert energy["high"] == pytest.approx(1.52 * 10 + 7 * 1.5)
    assert "MLPerf" in energy["source"]
    assert energy["source"].endswith("a model")
    assert energy["source"].count("a model") == 1
    assert found["clock_mhz"] == {"value": 100.0, "provenance": "requested", "source": "a test"}


shares = st.integers(2, 4).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 100), min_size=n, max_size=n).filter(any),
        st.lists(st.integers(1, 10**5), min_size=n, max_size=n),
        st.lists(st.integers(1, 10**5), min_size=n, max_size=n),
        st.lists(st.floats(0.01, 1000), min_size=n, max_size=n),
    )
)


@given(shares, st.sampled_from(["interval", "latency"]))
def test_a_mix_lies_between_its_exits(
    numbers: tuple[list[int], list[int], list[int], list[float]], occupied: Occupied
) -> None:
    weights, latencies, intervals, energies = numbers
    rates = [weight / sum(weights) for weight in weights]
    exits = [Work(*one[:2], uj(one[2])) for one in zip(sorted(latencies), intervals, energies, strict=True)]
    found = exit_costs(exits, rates, BASELINE, clock(), PYNQ, occupied=occupied)
    mix = found.combined
    for name in ("latency_us", "interval_us", "frames_per_s"):
        each = [getattr(one, name) for one in found.exits]
        assert min(each) * (1 - 1e-9) <= getattr(mix, name) <= max(each) * (1 + 1e-9)
    for name in ("energy_uj", "incremental_uj"):
        each = [value(getattr(one, name)) for one in found.exits]
        assert min(each) * (1 - 1e-9) <= value(getattr(mix, name)) <= max(each) * (1 + 1e-9)


@given(index=st.integers(0, 1))
def test_a_mix_of_one_exit_is_that_exit(index: int) -> None:
    found = costs(rates=(1.0, 0.0) if index == 0 else (0.0, 1.0))
    assert found.combined.latency_us == found.exits[index].latency_us
    assert found.combined.interval_us == found.exits[index].interval_us
    assert value(found.combined.energy_uj) == pytest.approx(value(found.exits[index].energy_uj))


@given(mhz=st.floats(1, 1000), times=st.floats(1.1, 10))
def test_twice_the_clock_halves_the_time(mhz: float, times: float) -> None:
    slow, fast = costs(mhz=mhz), costs(mhz=mhz * times)
    assert fast.combined.latency_us * times == pytest.approx(slow.combined.latency_us)
    assert fast.combined.frames_per_s == pytest.approx(slow.combined.frames_per_s * times)
    assert value(fast.combined.incremental_uj) == value(slow.combined.incremental_uj)
    floors = [value(one.combined.energy_uj) - value(one.combined.incremental_uj) for one in (slow, fast)]
    assert floors[1] * times == pytest.approx(floors[0])
    assert fast.gain.throughput == pytest.approx(slow.gain.throughput)
    assert fast.gain.energy_incremental == slow.gain.energy_incremental


def test_a_simulated_interval_replaces_the_computed_one() -> None:
    found = exit_costs(EXITS, (0.75, 0.25), BASELINE, clock(), PYNQ, interval_cycles=1200)
    assert found.combined.interval_us == pytest.approx(12)
    with pytest.raises(BadOption, match="interval in cycles"):
        exit_costs(EXITS, (0.75, 0.25), BASELINE, clock(), PYNQ, interval_cycles=0)


def test_a_board_without_idle_power_has_no_board_energy() -> None:
    found = exit_costs(EXITS, (0.75, 0.25), BASELINE, clock(), board("zc706"))
    assert found.combined.energy_uj is None
    assert (found.gain.energy, found.gain.edp) == (None, None)
    assert found.gain.energy_incremental == pytest.approx(15 / 7)
    assert found.missing == ("zc706: no idle power of this board was ever measured in public",)


def test_measured_idle_power_gives_one() -> None:
    idle = Power(value=3.0, low=2.9, high=3.1, provenance="measured", source="rails.csv")
    found = exit_costs(EXITS, (0.75, 0.25), BASELINE, clock(), board("zc706"), idle=idle)
    assert value(found.combined.energy_uj) == pytest.approx(3.0 * 10 + 7)


def test_what_is_not_known_is_not_made_up() -> None:
    exits = (Work(3000, 1000), Work(9000, 4000, uj(12.0)))
    found = exit_costs(exits, (0.75, 0.25), Work(7000, 3500), clock(), board("ulx3s-85f"))
    assert found.combined.incremental_uj is None
    assert found.combined.energy_uj is None
    assert found.gain.energy_incremental is None
    assert found.gain.throughput == pytest.approx(3.5)
    assert any("no model was fitted to ecp5 boards" in reason for reason in found.missing)


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ((0.75, 0.2), "add up to 1"),
        ((1.25, -0.25), "add up to 1"),
        ((float("nan"), 1.0), "add up to 1"),
        ((1.0,), "one for each of 2 exits; found 1"),
        ((), "one for each of 2 exits; found 0"),
    ],
)
def test_rates_that_are_no_shares(rates: tuple[float, ...], message: str) -> None:
    with pytest.raises(BadOption, match=message):
        costs(rates=rates)


@pytest.mark.parametrize("mhz", [0.0, -100.0])
def test_a_clock_that_does_not_run(mhz: float) -> None:
    with pytest.raises(BadOption, match="clock; expected above 0 MHz"):
        costs(mhz=mhz)


@pytest.mark.parametrize("cycles", [0, -5, float("nan"), float("inf")])
def test_cycles_that_are_none(cycles: float) -> None:
    with pytest.raises(BadOption, match="latency in cycles; expected above 0"):
        Work(cycles, 1000)
    with pytest.raises(BadOption, match="interval in cycles"):
        Work(1000, cycles)


def test_apportioned_energy_adds_up() -> None:
    parts = apportion(uj(12.0), {"trunk0": 300.0, "head0": 100.0, "trunk1": 200.0})
    assert {name: part.value for name, part in parts.items()} == {"trunk0": 6.0, "head0": 2.0, "trunk1": 4.0}
    assert total(parts.values()).ends == pytest.approx(uj(12.0).ends)
    assert "switching activity" in parts["trunk0"].source
    assert total(parts.values()).source.count("switching activity") == 1


@given(
    parts=st.dictionaries(
        st.sampled_from("abcd"), st.tuples(st.floats(0.1, 100), st.floats(0.01, 1)), min_size=1
    )
)
def test_a_measured_mix_is_divided_by_who_was_there(parts: dict[str, tuple[float, float]]) -> None:
    reach = {name: there for name, (_, there) in parts.items()}
    found = apportion(uj(10.0), {name: share for name, (share, _) in parts.items()}, reach)
    assert sum(reach[name] * part.value for name, part in found.items()) == pytest.approx(10.0)


@pytest.mark.parametrize("bad", [{}, {"a": 0.0}, {"a": -1.0, "b": 2.0}])
def test_shares_that_are_none(bad: dict[str, float]) -> None:
    with pytest.raises(BadOption, match="shares of energy"):
        apportion(uj(1.0), bad)
    with pytest.raises(BadOption, match="at least 1"):
        total([])


def test_unknown_ends_stay_unknown() -> None:
    vivado = Energy(value=1.0, low=None, high=None, provenance="simulated", source="a report")
    both = total([uj(2.0), vivado])
    assert (both.value, both.low, both.high, both.provenance) == (3.0, None, None, "estimated")
    assert vivado.scaled(3.0).low is None
    with pytest.raises(BadOption, match="factor"):
        vivado.scaled(-1.0)
