"""The steps of the flow, one per file, and their order.

Each step comes after those whose results it reads. A new step is a file with a ``STEP`` and a line here; its
subcommand is generated.
"""

from __future__ import annotations

from toolkit.flow.steps import (
    bitstream,
    calibrate,
    cascade,
    compare,
    compile,
    compose,
    cost,
    data,
    export,
    package,
    report,
    simulate,
    train,
    verify,
)

ORDER = (
    data.STEP,
    train.STEP,
    export.STEP,
    compile.STEP,
    compose.STEP,
    calibrate.STEP,
    simulate.STEP,
    verify.STEP,
    bitstream.STEP,
    package.STEP,
    cascade.STEP,
    compare.STEP,
    cost.STEP,
    report.STEP,
)
