"""A flow of three quick steps, run as its own process so that tests can kill it.

``python three_steps.py DIR [STEP]``: STEP, if given, writes half its files and then hangs.
Each step that starts is written to DIR/../starts, each that ends to standard output.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.flow import Options, RunDirectory, Step, execute
from toolkit.flow.step import Context

HANG_AT = sys.argv[2] if len(sys.argv) > 2 else ""


class Log:
    """Tells standard output how steps end."""

    def begin(self, step: Step, why: str) -> None:
        pass

    def progress(self, label: str, done: int, total: int) -> None:
        pass

    def line(self, text: str) -> None:
        print(text, flush=True)

    def end(self, step: Step, outcome: str, seconds: float, message: str) -> None:
        print(step.name, outcome, flush=True)


def work(context: Context, name: str) -> Mapping[str, Any]:
    """Copy the inputs' texts behind each other; remember in scratch how often it was tried."""
    with (context.out.parent.parent / "starts").open("a") as starts:
        starts.write(f"{name}\n")
    tries = context.scratch / "tries"
    tries.write_text((tries.read_text() if tries.exists() else "") + "x")
    texts = [(context.input(earlier) / "text").read_text() for earlier in context.inputs]
    (context.out / "first").write_text("half of it")
    if name == HANG_AT:
        time.sleep(60)
    (context.out / "text").write_text(f"{name}({','.join(texts)})")
    return {"tries": len(tries.read_text())}


STEPS = (
    Step("one", "first", lambda context: work(context, "one"), outputs=("text",)),
    Step("two", "second", lambda context: work(context, "two"), inputs=("one",)),
    Step(
        "three",
        "third",
        lambda context: work(context, "three"),
        inputs=("one", "two"),
        options=("frames",),
    ),
)

if __name__ == "__main__":
    with RunDirectory.open(Path(sys.argv[1])) as opened:
        execute(opened, STEPS, Options(), Log())
