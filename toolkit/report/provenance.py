"""The origin of the numbers in a report. If two keys match, the longer one applies."""

from __future__ import annotations

from toolkit.core.quantities import Origin

_OUTPUTS = Origin(
    provenance="simulated",
    source="integer outputs of the RTL, equal to golden on every frame; labels of the test split",
)
_LOGITS = Origin(
    provenance="simulated",
    source="integer logits of the RTL, equal to golden on every frame; labels of the test split",
)
_CYCLES = Origin(provenance="simulated", source="Verilator, frames following without a gap")
_COUNTED = Origin(
    provenance="counted", source="the network's description; bias, pooling, quantisers not counted"
)
_STAGES = Origin(
    provenance="simulated",
    source="Verilator, pace and latency of each stage; times at clock_mhz, queueing worked out from them",
)
_ENERGY = Origin(provenance="estimated", source="the energies' model; times are simulated, at clock_mhz")
_EVENTS = Origin(provenance="simulated", source="event-driven model, from each stage's simulated pace")
_FOLDING = Origin(provenance="estimated", source="FINN+ cycles and resources per layer, over all foldings")
_CALIBRATION = Origin(
    provenance="measured",
    source="golden logits (QONNX) of the calibration split, decided by the integer rules",
)
_BOOTSTRAP = Origin(
    provenance="estimated", source="percentile bootstrap over the frames, 95 %, 2,000 resamples (SciPy)"
)
_SIZING = Origin(provenance="simulated", source="queue sizing, random frames")

_DEPTHS = Origin(provenance="simulated", source="smallest depths that keep the throughput")

_ALWAYS = {
    "exits[].accuracy": _LOGITS,
    "exits[].exit_rate": _LOGITS,
    "exits[].accuracy_of_exited": _LOGITS,
    "exits[].macs": _COUNTED,
    "exits[].path_macs": _COUNTED,
    "exits[].latency_cycles": _CYCLES,
    "exits[].latency_alone_cycles": _CYCLES,
    "exits[].latency_histogram": _CYCLES,
    "exits[].interval_cycles": _CYCLES,
    "exits[].accuracy_within": _BOOTSTRAP,
    "exits[].exit_rate_within": _BOOTSTRAP,
    "exits[].accuracy_of_exited_within": _BOOTSTRAP,
    "combined.accuracy": _LOGITS,
    "combined.accuracy_within": _BOOTSTRAP,
    "combined.macs": Origin(provenance="simulated", source="MACs to each exit, weighted with the exit rates"),
    "baseline.accuracy": _LOGITS,
    "baseline.accuracy_within": _BOOTSTRAP,
    "baseline.macs": _COUNTED,
    "baseline.latency_cycles": _CYCLES,
    "baseline.latency_alone_cycles": _CYCLES,
    "baseline.interval_cycles": _CYCLES,
    "accelerators[].interval_cycles": _CYCLES,
    "accelerators[].deep_interval_cycles": _SIZING,
    "accelerators[].smallest_interval_cycles": _SIZING,
    "accelerators[].bound_cycles": Origin(provenance="estimated", source="its slowest layer"),
    "accelerators[].layers[].cycles": Origin(
        provenance="estimated", source="FINN+ per layer, at least the beats of its streams"
    ),
    "accelerators[].layers[].queue": _DEPTHS,
    "verification": Origin(provenance="counted", source="comparisons of integers with =="),
    "coverage": Origin(provenance="counted", source="frames of the directed stimulus, all compared with =="),
    "coverage.designs[].layers[].pace": Origin(
        provenance="simulated", source="Verilator, the layer alone without stalls"
    ),
    "mutants": Origin(provenance="simulated", source="each mutant under the directed stimulus"),
    "quality": _LOGITS,
    "training": Origin(provenance="measured", source="PyTorch on training and validation split, per epoch"),
    "phases": Origin(provenance="measured", source="judged from the curves of training"),
    "stage_seconds": Origin(provenance="measured", source="wall time on the machine that ran the flow"),
    "stage_peak_bytes": Origin(provenance="measured", source="resident memory, sampled ten times a second"),
}

_PRICE = {
    "latency_us": _STAGES,
    "interval_us": _STAGES,
    "frames_per_s": _STAGES,
    "edp": _ENERGY,
    "edp_incremental": _ENERGY,
}
_GAIN = {
    "throughput": _STAGES,
    "latency": _STAGES,
    "energy": _ENERGY,
    "edp": _ENERGY,
    "energy_incremental": _ENERGY,
    "edp_incremental": _ENERGY,
}
_LOADED = {
    **{
        f"under_load.{design}.{key}": origin
        for design in ("operations[].early", "operations[].baseline", "first")
        for key, origin in _PRICE.items()
    },
    **{f"under_load.operations[].gain.{key}": origin for key, origin in _GAIN.items()},
    "gain_load": _EVENTS,
    "under_load.operations[].loads": _EVENTS,
    "under_load.early_curve": _EVENTS,
    "under_load.baseline_curve": _EVENTS,
    "under_load.buffers": _EVENTS,
    "above_idle": _ENERGY,
}
_PRICED = ("exits[]", "combined", "baseline")
_EARLY_EXIT = {
    "overthinking": _LOGITS,
    "policy.thresholds": _CALIBRATION,
    "policy.guarantee": _CALIBRATION,
    "policy.float_disagreements": Origin(
        provenance="counted", source="float criterion and integer rule on the same golden logits"
    ),
    "gallery": _LOGITS,
    "cascade": _STAGES,
    "cascade.compared": Origin(provenance="counted", source="comparisons of integers with =="),
}
_COMPARED = {
    **_LOADED,
    **{
        f"{design}{part}.{key}": origin
        for design in ("", "equal_resources.")
        for part in _PRICED
        for key, origin in _PRICE.items()
    },
    **{f"{gain}.{key}": origin for gain in ("gain", "gain_equal_folding") for key, origin in _GAIN.items()},
    "trade_off.chosen": _CALIBRATION,
    "trade_off.calibration": _CALIBRATION,
    "trade_off.test": _LOGITS,
    "trial": _LOGITS,
    "trial.chosen": _CALIBRATION,
    "trial.means": _STAGES,
    "trial.means.incremental_uj": _ENERGY,
    "trial.means.idle_w": _ENERGY,
    **{
        f"trade_off.{split}.{key}": origin
        for split in ("calibration", "test")
        for key, origin in (("latency_us", _STAGES), ("energy_uj", _ENERGY), ("incremental_uj", _ENERGY))
    },
    "comparison.reach": _CALIBRATION,
    "comparison.floor_cycles": _FOLDING,
    "comparison.geometric_mean": _FOLDING,
    "comparison.worst": _FOLDING,
    "comparison.distinct": _FOLDING,
    "comparison.equal": _FOLDING,
    "comparison.points": _FOLDING,
    "comparison.buffer": Origin(
        provenance="estimated", source="bits of the feature maps, in block RAMs of 16 Kb; a fork's handshakes"
    ),
    "comparison.reference": Origin(
        provenance="simulated", source="Verilator, the chosen designs, compared with golden"
    ),
    "comparison.reference.estimated_gain": _FOLDING,
    "comparison.reference.share": _FOLDING,
    "comparison.reference.stages[].estimated_cycles": _FOLDING,
    "comparison.reference.stages[].resources": _FOLDING,
    "comparison.reference.together.modelled_latency_cycles": _EVENTS,
    **{
        f"comparison.reference.{design}.{key}": _FOLDING
        for design in ("baseline", "first")
        for key in ("estimated_cycles", "resources")
    },
}

_NETLIST = Origin(
    provenance="simulated", source="Verilator, the placed netlist; the same cycles for every frame of an exit"
)
_LINE = Origin(
    provenance="estimated", source="bytes at the line's rate; cycles on the chip simulated; no host, no USB"
)
_BY_VIVADO = {
    "implementation.exits[].link_frames_per_s": _LINE,
    "implementation.power": Origin(provenance="Vivado", source="its report of power, of the chip alone"),
}
_ON_BOARD = {
    "implementation.check": Origin(provenance="counted", source="comparisons of integers with =="),
    "implementation.check.exit_cycles": _NETLIST,
    "implementation.configuration_bits": Origin(
        provenance="counted", source="the unpacked bitstream, compared with what was packed"
    ),
    "implementation.exits": _NETLIST,
    "implementation.exits[].wire_us": _LINE,
    "implementation.exits[].link_frames_per_s": _LINE,
}


def provenance(
    *,
    early_exit: bool,
    compared: bool,
    guarantee: bool,
    alone: bool,
    bitstream: bool,
    vivado: bool = False,
    blocks: bool = False,
    classes: bool = True,
) -> dict[str, Origin]:
    """Return the origins of the numbers that a report contains.

    Args:
        blocks: whether the network has residual blocks.
        early_exit: whether the network has an early exit.
        compared: whether it was compared with the same network without.
        guarantee: whether its thresholds have a guarantee.
        alone: whether the backbone trained alone was evaluated.
        bitstream: whether there is a bitstream.
        vivado: whether Vivado made it.
        classes: whether the network classifies; otherwise there is the result of another task.
    """
    found = {**_ALWAYS, **(_EARLY_EXIT if early_exit else {}), **(_COMPARED if compared else {})}
    if bitstream:
        found |= _BY_VIVADO if vivado else _ON_BOARD
    if not classes:
        known = {name for name in found if "accuracy" not in name and name != "quality"}
        found = {name: origin for name, origin in found.items() if name in known}
        found["result"] = _OUTPUTS
    if blocks:
        found["accelerators[].layers[].shortcut_queue"] = _DEPTHS
    if not guarantee:
        found.pop("policy.guarantee", None)
    if alone:
        source = "PyTorch, the shipped checkpoint of the backbone, on the same test frames"
        found["baseline.accuracy_alone"] = Origin(provenance="measured", source=source)
        found["baseline.accuracy_alone_within"] = _BOOTSTRAP
    return found
