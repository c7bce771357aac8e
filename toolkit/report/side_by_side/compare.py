"""Collects the figures of several runs in rows, and notes which of them are not comparable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from toolkit.core.artifact import Artifact, Record
from toolkit.core.errors import BadOption
from toolkit.core.quantities import Cycles, Origin
from toolkit.cost import Clock, Cost, Gain
from toolkit.explore.comparison import Comparison
from toolkit.report.schema import Baseline, Exit, Mix, PolicyInForce, Price, Report
from toolkit.report.text import mhz

STEM = "comparison"
"""Name of the files of a comparison of runs, without their suffix."""


class RunRow(Record):
    """One row: an exit, the mix or the network without early exit, of one run.

    Attributes:
        run: name of the run.
        part: "exit 0", ..., "mix" or "no early exit".
        accuracy: accuracy if every frame left there.
        exit_rate: share of the frames that leave there; None for other rows than exits.
        interval_cycles: cycles per frame of the exit path alone; None for the mix.
        price: cost on the design of the run.
        equal: cost on the designs at equal resources.
    """

    run: str
    part: str
    accuracy: float
    exit_rate: float | None
    interval_cycles: Cycles | None
    price: Price
    equal: Price


class ComparedRun(Record):
    """The properties of one run; ``digest``: digest of its report."""

    name: str
    model: str
    dataset: str
    dataset_digest: str
    frames: Cycles
    bits: str
    target_cycles: Cycles | None
    policy: PolicyInForce
    board: str | None
    clock_mhz: Clock | None
    reference_dsp: int | None
    gain: Gain | None
    gain_equal_folding: Gain | None
    accuracy_alone: float | None
    comparison: Comparison | None
    digest: str


class SideBySide(Artifact):
    """The comparison of several runs; ``notes``: explanations of figures that are not comparable."""

    FILE: ClassVar[str] = f"{STEM}.json"

    runs: tuple[ComparedRun, ...]
    rows: tuple[RunRow, ...]
    notes: tuple[str, ...]
    provenance: dict[str, Origin]


def named_runs(folders: Sequence[Path]) -> dict[str, Path]:
    """Return runs by name: the folder's, with as many parents as make the names unique.

    Raises:
        BadOption: there are fewer than two runs, or one is given twice.
    """
    places = [folder.resolve() for folder in folders]
    if len(places) < 2:
        raise BadOption("runs to compare", expected="at least 2", found=len(places))
    for index, place in enumerate(places):
        if place in places[:index]:
            raise BadOption("runs to compare", expected="each once", found=f"{folders[index]} twice")
    return dict(zip(_names(places), folders, strict=True))


def _names(places: Sequence[Path]) -> list[str]:
    for depth in range(1, max(len(place.parts) for place in places) + 1):
        names = ["/".join(place.parts[-depth:]) for place in places]
        if len(set(names)) == len(names):
            break
    return names


def compare(reports: Mapping[str, Report]) -> SideBySide:
    """Compare reports, in their order.

    Raises:
        BadOption: one is of a network that does not classify.
    """
    for name, report in reports.items():
        if report.result is not None:
            raise BadOption(
                f"run {name} beside others",
                expected="networks for classification, whose accuracies can be set side by side",
                found=f"{report.model}, for {report.task}",
            )
    return SideBySide(
        runs=tuple(_run(name, report) for name, report in reports.items()),
        rows=tuple(row for name, report in reports.items() for row in _rows(name, report)),
        notes=tuple(_notes(reports)),
        provenance={f"rows[].{key}": origin for key, origin in _ORIGINS.items()},
    )


_SIMULATED = Origin(provenance="simulated", source="see the reports of the runs")
_ESTIMATED = Origin(provenance="estimated", source="the energies' model, times simulated latency")
_ORIGINS = {
    **dict.fromkeys(("accuracy", "exit_rate", "interval_cycles"), _SIMULATED),
    **{
        f"{design}.{key}": origin
        for keys, origin in (
            (("latency_us", "interval_us", "frames_per_s"), _SIMULATED),
            (("edp", "edp_incremental"), _ESTIMATED),
        )
        for design in ("price", "equal")
        for key in keys
    },
}


def _run(name: str, report: Report) -> ComparedRun:
    weights, acts = report.quant.get("weight_bits"), report.quant.get("act_bits")
    return ComparedRun(
        name=name,
        model=report.model,
        dataset=report.dataset.name,
        dataset_digest=report.dataset.digest,
        frames=report.frames,
        bits=f"w{weights}a{acts}",
        target_cycles=report.target_cycles,
        policy=report.policy,
        board=report.board,
        clock_mhz=report.clock_mhz,
        reference_dsp=None if report.equal_resources is None else report.equal_resources.dsp,
        gain=report.gain,
        gain_equal_folding=report.gain_equal_folding,
        accuracy_alone=report.baseline.accuracy_alone,
        comparison=report.comparison,
        digest=report.digest,
    )


def _rows(name: str, report: Report) -> list[RunRow]:
    equal = report.equal_resources
    lines: list[tuple[str, Exit | Mix | Baseline, Cost | None]] = [
        *((f"exit {one.index}", one, equal.exits[one.index] if equal else None) for one in report.exits),
        ("mix", report.combined, equal.combined if equal else None),
        ("no early exit", report.baseline, equal.baseline if equal else None),
    ]
    return [
        RunRow(
            run=name,
            part=part,
            accuracy=one.right,
            exit_rate=one.exit_rate if isinstance(one, Exit) else None,
            interval_cycles=None if isinstance(one, Mix) else one.interval_cycles,
            price=Price(**{name: getattr(one, name) for name in Price.model_fields}),
            equal=Price.of(cost),
        )
        for part, one, cost in lines
    ]


def _notes(reports: Mapping[str, Report]) -> list[str]:
    """Explain which figures are not comparable, since the runs differ."""
    notes = []
    for what, pick, means in _DIFFERENCES:
        found: dict[str, list[str]] = {}
        for name, report in reports.items():
            if (value := pick(report)) is not None:
                found.setdefault(value, []).append(name)
        if len(found) > 1:
            said = "; ".join(f"{value} ({', '.join(names)})" for value, names in found.items())
            notes.append(f"{what} differ: {said}. {means}")
    if bare := [name for name, report in reports.items() if report.clock_mhz is None]:
        notes.append(
            f"No early exit, so no costs: {', '.join(bare)}. Only accuracy and cycles can be compared."
        )
    return notes


_DIFFERENCES: tuple[tuple[str, Callable[[Report], Any], str], ...] = (
    (
        "Datasets",
        lambda report: f"{report.dataset.name} {report.dataset.digest[:8]}",
        "Accuracies and exit rates are not comparable, nor are means over the exits.",
    ),
    (
        "Test frames",
        lambda report: f"{report.frames:,} of {report.dataset.test_images:,}",
        "Accuracies and exit rates are over different frames.",
    ),
    ("Boards", lambda report: report.board, "Energies are not comparable."),
    (
        "Clocks",
        lambda report: report.clock_mhz and mhz(report.clock_mhz.value),
        "Times, energies and their products are not comparable; cycles and gains are.",
    ),
    (
        "Sources of energy",
        lambda report: report.combined.energy_uj and report.combined.energy_uj.source,
        "Energies depend on different models or measurements.",
    ),
    (
        "Foldings",
        lambda report: report.target_cycles and f"{report.target_cycles:,} cycles per frame",
        "Costs on the designs of the runs are not at equal resources; compare those that are.",
    ),
    (
        "Budgets of the designs at equal resources",
        lambda report: (
            report.equal_resources and f"{report.equal_resources.dsp} DSP of {report.equal_resources.part}"
        ),
        "Costs at equal resources are not comparable between these runs.",
    ),
    (
        "Host cycles",
        lambda report: report.cascade and f"{report.cascade.host_cycles:,}",
        "Latencies hold different shares of the host.",
    ),
)
