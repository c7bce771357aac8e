"""Tasks: what training, calibration and reports make of the outputs of a network. Steps ask the task.

Imports PyTorch in functions alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from hw_models import NetworkSpec
from hw_models.task import TaskName
from toolkit.tasks.classification import ClassificationTask
from toolkit.tasks.reconstruction import ReconstructionTask
from toolkit.tasks.regression import RegressionTask
from toolkit.tasks.result import Readout, ScoreChart, TaskResult, Told
from toolkit.tasks.sequence import SequenceTask
from toolkit.tasks.task import Frames, Task

__all__ = ["TASKS", "Frames", "Readout", "ScoreChart", "Task", "TaskResult", "Told", "task_of"]

TASKS: Mapping[TaskName, Task] = {
    one.name: one for one in (ClassificationTask(), SequenceTask(), ReconstructionTask(), RegressionTask())
}
"""The tasks by their names in descriptions of networks."""


def task_of(network: NetworkSpec) -> Task:
    """Return the task of a network."""
    return TASKS[network.task].of(network)
