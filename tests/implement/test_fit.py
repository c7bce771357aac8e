"""A netlist against the part."""

from __future__ import annotations

import pytest

from toolkit.boards import board
from toolkit.core.errors import DoesNotFit
from toolkit.implement.build import check_fit

ULX3S = board("ulx3s-85f")
NEEDS = {"lut": 6506, "ff": 8484, "bram": 11, "dsp": 66}


def test_a_design_that_fits() -> None:
    check_fit(NEEDS, ULX3S)


def test_a_design_that_does_not_fit_says_of_what_and_by_how_much() -> None:
    changes = {"lut": 6500, "ff": 10**6, "bram18": 11, "dsp": 60}
    small = ULX3S.model_copy(update={"resources": ULX3S.resources.model_copy(update=changes)})
    message = (
        r"the design does not fit LFE5U-85F-6BG381C; expected at most 6500 LUT4, .* at most 60 multipliers; "
        r"found 6506 LUT4 \(6 too many\), 66 multipliers \(6 too many\)\. Fold to 3200 cycles\."
    )
    with pytest.raises(DoesNotFit, match=message):
        check_fit(NEEDS, small, "Fold to 3200 cycles.")
