"""The one interface behind which every device lies, and the check that every answer passes."""

from __future__ import annotations

import abc
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import ArtifactError
from toolkit.core.stream import Stream, connect
from toolkit.runtime.errors import DeviceError, frames_in_words

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class StageStreams:
    """What one stage (trunk k with head k) takes and gives per frame.

    A frame on a stream is ``beats * lanes`` integers from ``low`` to ``high``, channels last; how many of
    them make a beat is the device's business.

    Attributes:
        input: images (stage 0) or feature maps of the stage before.
        logits: as many integers as there are classes.
        feature_map: for the next stage; None for the last one.
    """

    input: Stream
    logits: Stream
    feature_map: Stream | None


@dataclass(frozen=True)
class DeviceInfo:
    """What a device is.

    Attributes:
        name: in messages.
        digest: of the design it runs.
        stages: one per exit, in order.
        slots: frames between two stages that it can keep; None if their feature maps come to the host.

    Raises:
        ArtifactError: no stage, stages that do not fit each other, or another number of classes at one.
    """

    name: str
    digest: str
    stages: tuple[StageStreams, ...]
    slots: int | None = None

    def __post_init__(self) -> None:
        if not self.stages:
            raise ArtifactError(f"{self.name} has no stage", fix="Compose stage accelerators.")
        for k, (stage, following) in enumerate(itertools.pairwise(self.stages)):
            given, taken = stage.feature_map, following.input
            what = f"{self.name}: feature map from stage {k} to stage {k + 1}"
            fix = "Take all stages from one run."
            if given is None:
                raise ArtifactError(what, expected=taken, found="none", fix=fix)
            connect(given, taken, what, converted=True, fix=fix)
        found = [stage.logits.elements for stage in self.stages]
        if self.stages[-1].feature_map is not None or len(set(found)) != 1:
            raise ArtifactError(
                f"{self.name}: stages",
                expected="logits of one number of classes, and no feature map from the last",
                found=f"{found} classes, and {'a' if self.stages[-1].feature_map else 'no'} feature map",
                fix="Take all stages from one run.",
            )

    @property
    def classes(self) -> int:
        """Logits per frame."""
        return self.stages[0].logits.elements


@dataclass(frozen=True)
class Cycles:
    """When each frame of a batch moved: int64 [n], clock cycles since the device began the batch.

    Attributes:
        first_in: its first beat went in.
        logits_out: the last beat of its logits came out.
        map_out: the last beat of its feature map came out; None at the last stage.
        starts: positions in the batch at which the count begins anew (a simulation in several processes).
    """

    first_in: Ints
    logits_out: Ints
    map_out: Ints | None = None
    starts: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Reply:
    """What a stage made of a batch of n frames, in the order they went in.

    Attributes:
        logits: int64 [n, classes].
        feature_map: int64 [n, elements], channels last; None from the last stage.
        cycles: if the device counts them.
        watts: mean power while it worked, if the device measures it.
    """

    logits: Ints
    feature_map: Ints | None = None
    cycles: Cycles | None = None
    watts: float | None = None


class Device(abc.ABC):
    """Stages that answer batches. Leaving its ``with`` block closes it.

    One call per stage at a time; calls for different stages may overlap, from different threads.
    """

    @property
    @abc.abstractmethod
    def info(self) -> DeviceInfo:
        """What it is; never changes."""

    @abc.abstractmethod
    def run(self, stage: int, batch: npt.NDArray[np.integer], timeout_s: float) -> Reply:
        """Answer a batch. After an error the device is ready for the next one.

        Args:
            stage: which.
            batch: integers [n, elements of the stage's input], n at least 1, all in range.
            timeout_s: seconds after which it gives up.

        Raises:
            DeviceTimeout: it gave up.
            DeviceError: it failed, or is closed.
        """

    def settled(self, stage: int, maps: npt.NDArray[np.integer]) -> None:  # noqa: B027
        """Told of frames that leave at a stage before the last: nobody will ask for their feature maps.

        For devices that keep something per frame. Must not raise, nor wait for the device.

        Args:
            maps: integers [n, elements], their rows of the reply's feature maps.
        """

    def counters(self) -> Mapping[str, Any]:
        """What the device counts, if it does, ready for JSON."""
        return {}

    @abc.abstractmethod
    def close(self) -> None:
        """Let go of everything; a second time does nothing. Runs at work end with a DeviceError."""

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_reply(info: DeviceInfo, stage: int, indices: Sequence[int], reply: Reply) -> Reply:
    """The reply, if it can be one to a batch of these frames.

    Frames that a device mixes up while every number stays possible cannot be told from the reply alone; what
    shows is cycle stamps that do not rise.

    Args:
        indices: the frames' numbers, for the message.

    Raises:
        DeviceError: too many or too few frames or integers, no integers, integers out of range, a feature map
            missing or too many, or stamps out of order.
    """
    streams = info.stages[stage]
    parts = [("logits", reply.logits, streams.logits)]
    if (reply.feature_map is None) != (streams.feature_map is None):
        found = "none" if reply.feature_map is None else "one"
        raise _wrong(info, stage, indices, "feature map", "none" if found == "one" else "one", found)
    if streams.feature_map is not None and reply.feature_map is not None:
        parts.append(("feature map", reply.feature_map, streams.feature_map))
    for what, values, stream in parts:
        shape = (len(indices), stream.elements)
        if values.shape != shape or not np.issubdtype(values.dtype, np.integer):
            found = f"{values.dtype} {list(values.shape)}"
            raise _wrong(info, stage, indices, what, f"integers {list(shape)}", found)
        if int(values.min()) < stream.low or int(values.max()) > stream.high:
            row, column = np.argwhere((values < stream.low) | (values > stream.high))[0]
            found = f"{values[row, column]} in frame {indices[row]}"
            raise _wrong(info, stage, indices, what, f"{stream.low} to {stream.high}", found)
    if reply.cycles is not None:
        _check_cycles(info, stage, indices, reply.cycles)
    return reply


def _check_cycles(info: DeviceInfo, stage: int, indices: Sequence[int], cycles: Cycles) -> None:
    count = len(indices)
    stamps = [cycles.first_in, cycles.logits_out, *([] if cycles.map_out is None else [cycles.map_out])]
    goes_on = np.ones(count, dtype=bool)  # in the process of the frame before it
    goes_on[list(cycles.starts)] = False
    if any(stamp.shape != (count,) or np.any(np.diff(stamp)[goes_on[1:]] <= 0) for stamp in stamps):
        raise _wrong(info, stage, indices, "cycle stamps", f"{count} that rise", "missing or out of order")
    if any(np.any(stamp < cycles.first_in) for stamp in stamps):
        raise _wrong(info, stage, indices, "cycle stamps", "answers after their frames", "one before")


def _wrong(
    info: DeviceInfo, stage: int, indices: Sequence[int], what: str, expected: str, found: str
) -> DeviceError:
    where = f"{what} from {info.name}, stage {stage}, {frames_in_words(indices)}"
    return DeviceError(where, expected=expected, found=found)
