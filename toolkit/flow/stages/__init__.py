"""The stages of the flow, one per file, and their order.

The order is that of the data: each stage stands after those it reads. A new stage is a file with a ``STAGE``
and a line here; its subcommand follows by itself.
"""

from __future__ import annotations

from toolkit.flow.stages import (
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
    data.STAGE,
    train.STAGE,
    export.STAGE,
    compile.STAGE,
    compose.STAGE,
    calibrate.STAGE,
    simulate.STAGE,
    verify.STAGE,
    bitstream.STAGE,
    cascade.STAGE,
    compare.STAGE,
    cost.STAGE,
    report.STAGE,
)
