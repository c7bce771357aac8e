"""Steps that take no time, for the command line's tests; run as a script it is ``offramp`` with them.

``python fake_steps.py MISDEED ARGUMENTS``: the second step does the misdeed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from toolkit.cli import app
from toolkit.core.errors import OfframpError
from toolkit.flow import Step
from toolkit.flow.step import Context

MISDEED = ""


def first(context: Context) -> Mapping[str, Any]:
    print("a library that prints")
    subprocess.run(["echo", "a compiler that prints"], check=False)  # its output may be closed
    context.progress("frames", 1, 2)
    (context.out / "text").write_text(context.options.network.model)
    return {"message": "all well"}


def second(context: Context) -> Mapping[str, Any]:
    if MISDEED == "fault":
        raise RuntimeError("an internal fault")
    if MISDEED == "error":
        raise OfframpError("two lines\nof an error", found="a cause")
    if MISDEED == "interrupt":
        raise KeyboardInterrupt
    (context.out / "report.html").write_text("a report")
    return {"frames": context.options.simulation.frames}


ORDER = (
    Step(
        "train",
        "First of two",
        first,
        options=("model", "dataset", "weight_bits", "act_bits", "train"),
        settings=("checkpoint",),
    ),
    Step(
        "report", "Second of two", second, inputs=("train",), options=("frames", "clock_mhz", "luts", "seeds")
    ),
)

if __name__ == "__main__":
    MISDEED = sys.argv[1]
    app.ORDER = ORDER  # type: ignore[assignment]
    from toolkit.cli import main

    main(sys.argv[2:])
