"""The tasks of networks: what the outputs of an exit are, and whether frames may leave early. No PyTorch.

What is made of the outputs (losses, metrics, verdicts) stands in :mod:`toolkit.tasks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Literal, NamedTuple

TaskName = Literal["classification", "sequence", "reconstruction", "regression"]


class TaskForm(NamedTuple):
    """What a task asks of the form of its networks.

    Attributes:
        outputs: what the outputs of an exit are, in the plural.
        of_input: whether there is one for each element of the input.
        one: whether there is one alone.
        grouped: whether they come in groups, each of which names a class.
        one_exit: why its networks have one exit; empty: they may have more.
    """

    outputs: str
    of_input: bool = False
    one: bool = False
    grouped: bool = False
    one_exit: str = ""

    def outputs_of(self, shape: tuple[int, int, int], classes: int, groups: int = 1) -> int:
        """Return the outputs of an exit, for frames (C, H, W) of data with groups of so many classes."""
        return prod(shape) if self.of_input else 1 if self.one else classes * groups


FORMS: Mapping[TaskName, TaskForm] = {
    "classification": TaskForm("classes"),
    "sequence": TaskForm("outputs", grouped=True),
    "reconstruction": TaskForm(
        "outputs",
        of_input=True,
        one_exit="a frame leaves early when its class is sure, and a reconstruction has no classes",
    ),
    "regression": TaskForm(
        "value",
        one=True,
        one_exit="a frame leaves early when its class is sure, and a value does not say how sure it is (a "
        "head that learns its own error could, and would have to be trained and calibrated)",
    ),
}
"""The form of each task's networks."""
