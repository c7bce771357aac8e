"""Where the numbers of a report come from."""

from __future__ import annotations

from toolkit.report.schema import Origin

_LOGITS = Origin(
    provenance="simulated",
    source="integer logits of the RTL, equal to golden on every frame; labels of the test split",
)
_CYCLES = Origin(provenance="simulated", source="Verilator, frames following without a gap")
_COUNTED = Origin(
    provenance="counted", source="the network's description; bias, pooling, quantisers not counted"
)
PROVENANCE = {
    "exits[].accuracy": _LOGITS,
    "exits[].exit_rate": _LOGITS,
    "exits[].accuracy_of_exited": _LOGITS,
    "exits[].macs": _COUNTED,
    "exits[].path_macs": _COUNTED,
    "exits[].latency_cycles": _CYCLES,
    "exits[].latency_alone_cycles": _CYCLES,
    "exits[].latency_histogram": _CYCLES,
    "exits[].interval_cycles": _CYCLES,
    "combined.accuracy": _LOGITS,
    "combined.macs": Origin(provenance="simulated", source="MACs to each exit, weighted with the exit rates"),
    "baseline.accuracy": _LOGITS,
    "baseline.macs": _COUNTED,
    "baseline.latency_cycles": _CYCLES,
    "baseline.latency_alone_cycles": _CYCLES,
    "baseline.interval_cycles": _CYCLES,
    "policy.thresholds": Origin(provenance="measured", source="PyTorch on the calibration split"),
    "threshold_curve": _LOGITS,
    "accelerators[].interval_cycles": _CYCLES,
    "accelerators[].deep_interval_cycles": Origin(
        provenance="simulated", source="queue sizing, random frames"
    ),
    "accelerators[].smallest_interval_cycles": Origin(
        provenance="simulated", source="queue sizing, random frames"
    ),
    "accelerators[].bound_cycles": Origin(provenance="estimated", source="its slowest layer"),
    "accelerators[].layers[].cycles": Origin(
        provenance="estimated", source="FINN+ per layer, at least the beats of its streams"
    ),
    "accelerators[].layers[].queue": Origin(
        provenance="simulated", source="smallest depths that keep the throughput"
    ),
    "verification": Origin(provenance="counted", source="comparisons of integers with =="),
    "training": Origin(provenance="measured", source="PyTorch on the validation split, per epoch"),
    "stage_seconds": Origin(provenance="measured", source="wall time on the machine that ran the flow"),
}
