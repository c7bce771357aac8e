"""A cascade of two or more toy stages: in numpy, as a device that can be made to fail, and as RTL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from toolkit.core.stream import Stream
from toolkit.runtime import (
    Answer,
    Cycles,
    Device,
    DeviceError,
    DeviceInfo,
    DeviceTimeout,
    Reply,
    StageStreams,
)
from toolkit.sim import RtlDesign

HERE = Path(__file__).parent
FORK = HERE.parents[1] / "toolkit" / "rtl" / "offramp_fork.sv"
ELEMENTS, CLASSES = 8, 3
SHAPE = (2, 2, 2)
PIXELS = Stream("in0_V", 8, False, 2, 4)
MAP_OUT, MAP_IN = Stream("out1_V", 4, False, 2, 4), Stream("in0_V", 4, False, 1, 8)
LOGITS = Stream("out0_V", 12, True, 3, 1)


def streams(stages: int) -> tuple[StageStreams, ...]:
    return tuple(
        StageStreams(PIXELS if k == 0 else MAP_IN, LOGITS, MAP_OUT if k < stages - 1 else None)
        for k in range(stages)
    )


def weights(stage: int) -> np.ndarray:
    i, c = np.arange(ELEMENTS)[:, None], np.arange(CLASSES)
    return (3 * i + 5 * c) % 7 - 3 if stage == 0 else (5 * i + 3 * c) % 11 - 5


def compute(stage: int, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits [N, 3] and feature map [N, 8]; from stage 1 on a map is handed on as its mirror image."""
    maps = values.astype(np.int64) >> 4 if stage == 0 else values.astype(np.int64)
    return maps @ weights(stage), maps if stage == 0 else maps[:, ::-1]


@dataclass(frozen=True)
class Margin:
    """Leaves where the best logit is so much above the second."""

    thresholds: tuple[float, ...]
    scales: tuple[float, ...] = ()
    groups: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "scales", self.scales or tuple(0.25 for _ in self.thresholds))

    def leaves(self, k: int, logits: np.ndarray) -> np.ndarray:
        best = np.sort(logits, axis=1)
        return best[:, -1] - best[:, -2] >= self.thresholds[k]


def images(count: int, seed: int = 0) -> np.ndarray:
    """Random uint8 [N, 2, 2, 2]; no first pixel is 255, at which the RTL hangs."""
    values = np.random.default_rng(seed).integers(0, 256, (count, *SHAPE), dtype=np.uint8)
    values[:, 0, 0, 0] = np.minimum(values[:, 0, 0, 0], 254)
    return values


def direct(frames: np.ndarray, policy: Margin) -> list[tuple[int, int, int, tuple[int, ...]]]:
    """(index, label, exit, logits) per frame, without any batches."""
    answers = []
    for index, frame in enumerate(frames):
        values = frame.transpose(1, 2, 0).reshape(1, -1)
        for k in range(len(policy.thresholds) + 1):
            logits, values = compute(k, values)
            if k == len(policy.thresholds) or policy.leaves(k, logits)[0]:
                answers.append((index, int(np.argmax(logits[0])), k, tuple(logits[0].tolist())))
                break
    return answers


def told(answers: Sequence[Answer]) -> list[tuple[int, int | None, int | None, tuple[int, ...]]]:
    return [(answer.index, answer.label, answer.exit, answer.logits) for answer in answers]


Fault = Callable[["ToyDevice", int, np.ndarray, Reply], Reply]
"""``fault(device, stage, batch, right reply)``: what the device does instead of answering."""


@dataclass
class ToyDevice(Device):
    """Answers at once, in numpy. ``faults`` is asked at each call for the fault to commit, if any."""

    stages: int = 2
    faults: Callable[[int, np.ndarray], Fault | None] = lambda stage, batch: None
    calls: list[tuple[int, int]] = field(default_factory=list)
    closed: bool = False

    def __post_init__(self) -> None:
        self._info = DeviceInfo("toy", "0" * 64, streams(self.stages))
        self._locks = [threading.Lock() for _ in range(self.stages)]

    @property
    def info(self) -> DeviceInfo:
        return self._info

    def run(self, stage: int, batch: np.ndarray, timeout_s: float) -> Reply:
        assert self._locks[stage].acquire(blocking=False), "two calls for one stage at a time"
        try:
            self.calls.append((stage, len(batch)))
            if self.closed:
                raise DeviceError("toy", found="closed")
            assert batch.shape == (len(batch), ELEMENTS)
            logits, maps = compute(stage, batch)
            step = 10 * np.arange(len(batch)) + 1
            last = stage == self.stages - 1
            cycles = Cycles(step, step + 9, None if last else step + 4)
            reply = Reply(logits, None if last else maps, cycles)
            fault = self.faults(stage, batch)
            return reply if fault is None else fault(self, stage, batch, reply)
        finally:
            self._locks[stage].release()

    def close(self) -> None:
        self.closed = True


def times_out(device: ToyDevice, stage: int, batch: np.ndarray, reply: Reply) -> Reply:
    raise DeviceTimeout("toy", found="nothing")


def raises(device: ToyDevice, stage: int, batch: np.ndarray, reply: Reply) -> Reply:
    raise OSError("the cable is out")


def too_short(device: ToyDevice, stage: int, batch: np.ndarray, reply: Reply) -> Reply:
    return replace(reply, logits=reply.logits[:-1])


def too_long(device: ToyDevice, stage: int, batch: np.ndarray, reply: Reply) -> Reply:
    return replace(reply, logits=np.concatenate([reply.logits, reply.logits[:1]]))


def out_of_range(device: ToyDevice, stage: int, batch: np.ndarray, reply: Reply) -> Reply:
    logits = reply.logits.copy()
    logits[-1, 1] = 2048
    return replace(reply, logits=logits)


def no_integers(device: ToyDevice, stage: int, batch: np.ndarray, reply: Reply) -> Reply:
    return replace(reply, logits=reply.logits.astype(float))


def map_amiss(device: ToyDevice, stage: int, batch: np.ndarray, reply: Reply) -> Reply:
    other = None if reply.feature_map is not None else np.zeros((len(batch), ELEMENTS), np.int64)
    return replace(reply, feature_map=other)


def reordered(device: ToyDevice, stage: int, batch: np.ndarray, reply: Reply) -> Reply:
    """The whole reply upside down: only the stamps give it away, and only if there are two frames."""
    assert reply.cycles is not None
    stamps = [x[::-1] for x in (reply.cycles.first_in, reply.cycles.logits_out)]
    maps = reply.cycles.map_out
    cycles = Cycles(*stamps, None if maps is None else maps[::-1])
    upside_down = None if reply.feature_map is None else reply.feature_map[::-1]
    return Reply(reply.logits[::-1], upside_down, cycles)


def slow(device: ToyDevice, stage: int, batch: np.ndarray, reply: Reply) -> Reply:
    time.sleep(0.002)
    return reply


FAULTS: tuple[Fault, ...] = (
    times_out,
    raises,
    too_short,
    too_long,
    out_of_range,
    no_integers,
    map_amiss,
    reordered,
)


def designs() -> tuple[RtlDesign, RtlDesign]:
    """The two stages in SystemVerilog; they compute what :func:`compute` computes."""
    first, second = streams(2)
    assert first.feature_map is not None
    outputs = (first.logits, first.feature_map)
    source = HERE / "designs"
    return (
        RtlDesign("toy_stage0", (FORK, source / "toy_stage0.sv"), (first.input,), outputs),
        RtlDesign("toy_stage1", (source / "toy_stage1.sv",), (second.input,), (second.logits,)),
    )
