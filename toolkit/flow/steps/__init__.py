"""The stages of the flow, one per file, and their order.

The order is that of the data: each stage stands after those it reads. A new stage is a file with a ``STEP``
and a line here; its subcommand follows by itself.
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
    cascade.STEP,
    compare.STEP,
    cost.STEP,
    report.STEP,
)
