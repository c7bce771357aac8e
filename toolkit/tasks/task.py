"""The interface of a task."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from hw_models import NetworkSpec
from hw_models.task import FORMS, TaskForm, TaskName
from toolkit.data import Split
from toolkit.tasks.result import Readout, TaskResult, Told

if TYPE_CHECKING:
    from torch import Tensor

Outputs = npt.NDArray[np.floating]
"""Outputs of an exit as real numbers, [N, outputs]."""


@dataclass(frozen=True)
class Frames:
    """What a network made of the frames of a split.

    Attributes:
        split: the frames with their labels.
        exits: outputs of every exit for each of them.
    """

    split: Split
    exits: Sequence[Outputs]


class Task(abc.ABC):
    """A task; all that is particular to one stands in its own class.

    Attributes:
        name: its name in descriptions of networks.
        monitored: metric of validation by which the best epoch is chosen.
        better: whether more of it is better, or less.
        reads: whether the host reads outputs by a :class:`Readout`, as :meth:`readout`, :meth:`words`,
            :meth:`tell` and :meth:`result` do; otherwise they are logits, of which the largest answers, or
            the largest of each group.
        one_class: whether the largest output of all is the answer.
    """

    name: ClassVar[TaskName]
    monitored: ClassVar[str]
    better: ClassVar[Literal["max", "min"]]
    reads: ClassVar[bool] = False
    one_class: ClassVar[bool] = False

    @property
    def form(self) -> TaskForm:
        """What it asks of the form of its networks."""
        return FORMS[self.name]

    def of(self, network: NetworkSpec) -> Self:
        """Return the task as it is for a network."""
        return self

    @abc.abstractmethod
    def classes(self, outputs: int) -> int:
        """Return how many classes the data of a network with so many outputs have."""

    def fitted(self, split: Split) -> Split:
        """Return the frames of a split that are fitted, and that thresholds are chosen on."""
        return split

    @abc.abstractmethod
    def loss(self, outputs: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss of an exit.

        Args:
            outputs: float [N, outputs].
            images: float [N, C, H, W], as the network got them.
            labels: int64 [N].
        """

    def right(self, outputs: Tensor, labels: Tensor) -> Tensor | None:
        """Return which frames an exit answers as they are labelled, bool [N]; None: it names no labels."""
        return None

    @abc.abstractmethod
    def divergence(self, outputs: Tensor, taught: Tensor) -> Tensor:
        """Return how far outputs are from those of a teacher, [N, outputs]."""

    @abc.abstractmethod
    def validation(self, frames: Frames, exit_rate: float) -> dict[str, float]:
        """Return metrics of an epoch by name, on validation data, beside losses and what is right.

        Args:
            exit_rate: share of the frames that shall leave at each early exit.
        """

    @abc.abstractmethod
    def card(self, frames: dict[str, Frames], exit_rate: float) -> dict[str, Any]:
        """Return what the card of a checkpoint says of splits, by name, JSON types.

        ``metrics`` are figures by split; thresholds are chosen on the calibration split.
        """

    def headline(self, metrics: Mapping[str, Any]) -> str:
        """Return the figures of a card's split in words; empty if they are not known."""
        return ""

    def readout(self, frames: Frames, scale: float, checkpoint: str, false_alarms: float) -> Readout:
        """Calibrate how outputs are read.

        Args:
            frames: golden outputs for frames of the calibration split, of which :meth:`fitted` chose.
            scale: real value of one integer step of the outputs.
            checkpoint: digest of the checkpoint.
            false_alarms: share of normal frames that may be called anomalies.
        """
        raise NotImplementedError

    def words(self, readout: Readout) -> str:
        """Return a readout in words."""
        raise NotImplementedError

    def tell(self, image: npt.NDArray[np.uint8], outputs: npt.NDArray[np.int64], readout: Readout) -> Told:
        """Read one answer.

        Args:
            image: [C, H, W].
            outputs: integers of the last exit, [outputs].
        """
        raise NotImplementedError

    def result(self, frames: Frames, readout: Readout) -> TaskResult:
        """Judge the outputs for test frames."""
        raise NotImplementedError
