"""The cascade and the comparison at equal resources, as their stages left them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit.cascade.timing import StagePace, in_bursts, traffic
from toolkit.core.artifact import read_json
from toolkit.core.errors import ArtifactError
from toolkit.report.answers import histogram
from toolkit.report.dataflow import KEYS
from toolkit.report.files import Ints, keys
from toolkit.report.schema import Cascade, Comparison, Pace, parse

CASCADE, COMPARISON = "cascade.json", "comparison.json"


def cascade_of(folder: Path, exits: Ints) -> Cascade:
    """The cascade; the latency of each frame is worked out again from the stages' paces, and must agree.

    Args:
        folder: of the cascade stage.
        exits: int64 [N], where each frame leaves.

    Raises:
        ArtifactError: missing, damaged, or of other frames.
    """
    path = folder / CASCADE
    value = read_json(path)
    rates, orders, paces, host, burst = keys(
        value, path, "exit_rates", "orders", "stages", "host_cycles", "burst_length"
    )
    if value.get("frames") != len(exits):
        raise ArtifactError(
            f"frames in {path}", expected=f"{len(exits)} as verified", found=value.get("frames")
        )
    stages = paces_of(paces, path)
    sequences = {"natural": exits, "bursts": in_bursts(exits, burst)}
    found: dict[str, Any] = {name: one for name, one in value.items() if name not in ("orders", "exit_rates")}
    for name, sequence in sequences.items():
        again = traffic(sequence, stages, host)
        (order,) = keys(orders, path, name)
        if again.spread() != order.get("latency_cycles"):
            raise ArtifactError(
                f"{path}, latency in order '{name}'",
                expected=f"{again.spread()}, from the stages and the frames' exits",
                found=order.get("latency_cycles"),
                fix="Run the cascade again.",
            )
        found[name] = {**order, "latency_histogram": histogram(again.latency)}
    early, slowest = rates[0], value.get("slowest_exit_rate", 0)
    found["warnings"] = []
    if early < slowest:
        found["warnings"].append(
            f"{early:.1%} of the frames leave at exit 0; below {slowest:.1%} the late stages set the pace"
        )
    return parse(Cascade, found, str(path))


def paces_of(stages: Sequence[dict[str, Any]], path: Path) -> tuple[StagePace, ...]:
    """The stages' paces.

    Raises:
        ArtifactError: a key is missing or wrong.
    """
    return tuple(StagePace(**parse(Pace, one, f"{path}, stages").model_dump()) for one in stages)


def comparison_of(folder: Path, reach: Sequence[float]) -> Comparison:
    """The comparison at equal resources.

    Args:
        folder: of the compare stage.
        reach: share of the test frames that gets to each stage.

    Raises:
        ArtifactError: missing or damaged.
    """
    path = folder / COMPARISON
    value = read_json(path)
    reference, planned = keys(value, path, "reference", "reach")
    stages, baseline = keys(reference, path, "stages", "baseline")
    reference = {
        **reference,
        "stages": [_simulated(one, path) for one in stages],
        "baseline": _simulated(baseline, path),
    }
    pace = [stage.get("interval_cycles", 0) for stage in stages]
    warnings = [
        f"{seen:.1%} of the test frames reach stage {k}, which was folded for {wanted:.1%}"
        + (": it sets the pace" if seen * pace[k] > max(pace[0], 1) else "; it still keeps up")
        for k, (seen, wanted) in enumerate(zip(reach, planned, strict=True))
        if seen > wanted
    ]
    return parse(Comparison, {**value, "reference": reference, "warnings": warnings}, str(path))


def _simulated(one: dict[str, Any], path: Path) -> dict[str, Any]:
    (resources,) = keys(one, path, "resources")
    return {**one, "resources": {key: round(resources.get(name, 0)) for key, name in KEYS.items()}}
