"""The flow: steps with typed results, run in a directory that survives kills and knows what is new."""

from toolkit.flow.engine import Result, execute, needed
from toolkit.flow.manifest import Manifest, Recipe
from toolkit.flow.options import TARGETS, Options
from toolkit.flow.rundir import RunDirectory
from toolkit.flow.step import Context, Reporter, Step

__all__ = [
    "TARGETS",
    "Context",
    "Manifest",
    "Options",
    "Recipe",
    "Reporter",
    "Result",
    "RunDirectory",
    "Step",
    "execute",
    "needed",
]
