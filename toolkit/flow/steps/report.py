"""Writes the results of the run as ``report.json`` and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from toolkit.core.declaration import FILE
from toolkit.flow import inputs
from toolkit.flow.command import SHOWN, command
from toolkit.flow.options import Options
from toolkit.flow.step import Context, Step

if TYPE_CHECKING:
    from toolkit.report.schema import Report


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.core.artifact import write_bytes
    from toolkit.report import PAGE
    from toolkit.report.page import render
    from toolkit.report.sources import Sources, collect

    options = context.options
    report = collect(
        Sources(
            folders={name: context.input(name) for name in context.inputs},
            dataset=inputs.dataset(context),
            command=command(options),
            target_cycles=options.target_cycles,
            checkpoint_message=context.message("train"),
            versions=_versions(context),
            seconds=context.seconds(),
            peaks=context.peaks(),
        )
    )
    report.save(context.out)
    write_bytes(context.out / PAGE, render(report).encode(errors="backslashreplace"))
    return _summary(report)


def _versions(context: Context) -> dict[str, str]:
    found: dict[str, str] = {}
    for _, manifest in context.inputs.values():
        found |= manifest.recipe.versions
    return found


def _summary(report: Report) -> dict[str, Any]:
    verified, rates = report.verification, [one.exit_rate for one in report.exits]
    leaving = [f"{rate:.1%} leave at exit {k}" for k, rate in enumerate(rates[:-1])]
    part = "" if report.frames == report.dataset.test_images else f" ({report.frames:,} test images)"
    message = ", ".join([f"{report.headline}{part}", *leaving])
    gain = report.gain
    if gain is not None:
        order = "" if report.gain_load is None else f" ({report.gain_load.order} order)"
        message += f"; at equal resources under load{order} the gain is {gain.throughput:.2f} in throughput"
        message += f", {gain.latency:.2f} in latency"
        message += "" if gain.energy is None else f", {gain.energy:.2f} in energy (estimated)"
    return {
        "message": f"{message}; {verified.mismatches} mismatches in {verified.compared:,} integers",
        "frames": report.frames,
        "combined_accuracy": report.combined.accuracy,
        "baseline_accuracy": report.baseline.accuracy,
        "character_accuracy": report.character_accuracy,
        "exit_accuracy": [one.accuracy for one in report.exits],
        "scores": None if report.result is None else report.result.values,
        "exit_rate": rates,
        "gain": None if gain is None else gain.model_dump(),
        "macs": report.combined.macs,
        "baseline_macs": report.baseline.macs,
        "interval_cycles": [one.interval_cycles for one in report.exits],
        "latency_alone_cycles": [one.latency_alone_cycles for one in report.exits],
        "compared": verified.compared,
        "mismatches": verified.mismatches,
        "digest": report.digest,
    }


def _given(options: Options) -> Mapping[str, str]:
    """Return what the report reads from outside the run.

    Whether a checkpoint or a network was given is part of the report's command; which one, step train tells.
    """
    from toolkit.core.artifact import sha256_file
    from toolkit.report.backbone import shipped_backbone

    network = {"checkpoint": options.network.checkpoint, "network": options.network.description}
    given = {name: "given" for name, value in network.items() if value is not None}
    backbone = shipped_backbone(options.network.spec(), options.data.dataset, options.quant.config())
    return given if backbone is None else {**given, "backbone": sha256_file(backbone)}


STEP = Step(
    "report",
    "Write the report of the run, as JSON and as a page",
    _run,
    inputs=(
        "data",
        "train",
        "export",
        "compile",
        "compose",
        "calibrate",
        "simulate",
        "verify",
        "bitstream",
        "cascade",
        "compare",
        "cost",
    ),
    options=tuple(one.name for one in SHOWN if one.place != FILE),
    external=_given,
    packages=("matplotlib", "jinja2", "pydantic", "scipy"),
)
