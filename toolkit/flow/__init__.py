"""The flow: steps with typed results, run in a directory that survives kills and knows what is new."""

from toolkit.flow.engine import Result, bring_up_to_date, execute, needed, require
from toolkit.flow.options import Options
from toolkit.flow.rundir import RunDirectory
from toolkit.flow.step import Reporter, Step

__all__ = [
    "Options",
    "Reporter",
    "Result",
    "RunDirectory",
    "Step",
    "bring_up_to_date",
    "execute",
    "needed",
    "require",
]
