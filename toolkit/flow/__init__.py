"""The flow: stages with typed results, run in a directory that survives kills and knows what is new."""

from toolkit.flow.engine import Result, execute, needed
from toolkit.flow.manifest import Manifest, Recipe
from toolkit.flow.request import TARGETS, Request
from toolkit.flow.rundir import RunDirectory
from toolkit.flow.stage import Context, Progress, Reporter, Stage

__all__ = [
    "TARGETS",
    "Context",
    "Manifest",
    "Progress",
    "Recipe",
    "Reporter",
    "Request",
    "Result",
    "RunDirectory",
    "Stage",
    "execute",
    "needed",
]
