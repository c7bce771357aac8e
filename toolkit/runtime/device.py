"""The interface of all devices, and the check that every reply must pass."""

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
    """The streams of one stage (trunk k with head k).

    A frame on a stream is ``beats * lanes`` integers from ``low`` to ``high``, channels last; only the device
    itself depends on how they are divided into beats.

    Attributes:
        input: stream of images (stage 0) or of feature maps of the previous stage.
        logits: stream of logits, one integer per class.
        feature_map: stream for the next stage; None at the last stage.
    """

    input: Stream
    logits: Stream
    feature_map: Stream | None


@dataclass(frozen=True)
class DeviceInfo:
    """The description of a device.

    Attributes:
        name: name of the device in messages.
        digest: digest of its design.
        stages: streams of each stage, one per exit, in order.
        slots: number of feature maps it can hold between stages; None if they are sent to the host.

    Raises:
        ArtifactError: there is no stage, or two stages do not fit each other or differ in classes.
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
        """Number of logits per frame."""
        return self.stages[0].logits.elements


@dataclass(frozen=True)
class Cycles:
    """Cycle stamps of the frames of a batch: int64 [n], clock cycles since the device began the batch.

    Attributes:
        first_in: cycle in which the first beat of the frame went in.
        logits_out: cycle in which the last beat of its logits came out.
        map_out: cycle in which the last beat of its feature map came out; None at the last stage.
        starts: positions in the batch at which counting starts again (a simulation in several processes).
    """

    first_in: Ints
    logits_out: Ints
    map_out: Ints | None = None
    starts: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Reply:
    """The answer of a stage to a batch of n frames, in the order of the frames.

    Attributes:
        logits: integer logits, int64 [n, classes].
        feature_map: integers for the next stage, int64 [n, elements], channels last; None at the last stage.
        cycles: cycle stamps; None if the device does not count.
        watts: mean power in W during the batch; None if the device does not measure it.
    """

    logits: Ints
    feature_map: Ints | None = None
    cycles: Cycles | None = None
    watts: float | None = None


class Device(abc.ABC):
    """A device whose stages answer batches. Leaving its ``with`` block closes it.

    One call per stage at a time; calls to different stages may come from different threads at once.
    """

    @property
    @abc.abstractmethod
    def info(self) -> DeviceInfo:
        """Description of the device; it never changes."""

    @abc.abstractmethod
    def run(self, stage: int, batch: npt.NDArray[np.integer], timeout_s: float) -> Reply:
        """Answer a batch. After an error the device is ready for the next one.

        Args:
            stage: index of the stage.
            batch: integers [n, elements of the stage's input], n at least 1, all in range.
            timeout_s: time limit in seconds.

        Raises:
            DeviceTimeout: the time limit has passed.
            DeviceError: the device has failed, or is closed.
        """

    def settled(self, stage: int, maps: npt.NDArray[np.integer]) -> None:  # noqa: B027
        """Release frames that leave at a stage before the last: their feature maps are not needed any more.

        For devices that hold state per frame. Must neither raise nor block.

        Args:
            stage: index of the stage.
            maps: rows of the reply's feature maps, integers [n, elements].
        """

    def counters(self) -> Mapping[str, Any]:
        """Return the counters of the device, JSON-able; empty if it has none."""
        return {}

    @abc.abstractmethod
    def close(self) -> None:
        """Release everything; running calls end with a DeviceError. Closing twice does nothing."""

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_reply(info: DeviceInfo, stage: int, indices: Sequence[int], reply: Reply) -> Reply:
    """Check that a reply is possible for a batch of these frames, and return it.

    A reply with frames in the wrong order cannot be detected from its integers; cycle stamps that do not rise
    reveal it.

    Args:
        info: description of the device.
        stage: index of the stage.
        indices: numbers of the frames, for the message.
        reply: reply of the device.

    Raises:
        DeviceError: wrong number of frames or integers, another dtype, integers out of range, a feature map
            that is missing or not expected, or stamps out of order.
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
    for stamp in stamps:
        if not np.issubdtype(stamp.dtype, np.integer):
            raise _wrong(info, stage, indices, "cycle stamps", "integers", str(stamp.dtype))
    goes_on = np.ones(count, dtype=bool)  # False where another process of the simulation begins
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
