"""Estimates for the 7 series: memories and multipliers as Yosys made them, groups of rows."""

from __future__ import annotations

from math import ceil

import pytest

from toolkit.boards import board
from toolkit.families.amd import FinnEstimator
from toolkit.families.shape import Shape
from toolkit.families.structural import Memory
from toolkit.families.xc7.estimate import Xc7Estimator

XC7 = Xc7Estimator()


def product(pe: int, simd: int, weight: int = 4, activation: int = 4, made: str = "dsp") -> Shape:
    """A product of 250 columns and 20 rows with sums of 16 bits."""
    at = {"MW": 250, "MH": 20, "PE": pe, "SIMD": simd, "resType": made, "weight_bits": weight}
    return Shape("mvau", activation, simd, 16, pe, at)


@pytest.mark.parametrize(
    ("memory", "halves"),
    [  # constant ones: weights of b_lenet_se and of memories made up, as Yosys 0.70 made them
        (Memory(250, 80, True), 3),
        (Memory(500, 40, True), 2),  # one RAMB36E1 of 72 bits
        (Memory(125, 40, True), 2),
        (Memory(2000, 20, True), 3),
        (Memory(6400, 4, True), 2),
        (Memory(63, 400, True), 0),
        (Memory(511, 4, True), 0),
        (Memory(640, 4, False), 1),  # 20 rows of look-up tables would cost 160, a RAMB18E1 129
        (Memory(25, 40, False), 0),
        (Memory(0, 8, False), 0),
    ],
)
def test_block_rams(memory: Memory, halves: int) -> None:
    assert XC7.block_rams(memory) == halves


@pytest.mark.parametrize(
    ("shape", "multipliers"),
    [
        (product(3, 5), 5),  # three rows of 4 x 4 bits each
        (product(4, 10), 20),  # two and two
        (product(20, 2), 14),
        (product(2, 5, activation=8), 5),
        (product(3, 5, activation=8), 10),
        (product(1, 5, activation=8), 5),
        (product(1, 5), 0),  # 8 bits are none
        (product(4, 10, made="lut"), 0),
        (Shape("depthwise", 8, 4, 16, 4, {"SIMD": 4, "PE": 4, "weight_bits": 4}), 4),
        (Shape("threshold", 12, 5, 4, 5, {}), 0),
    ],
)
def test_multipliers(shape: Shape, multipliers: int) -> None:
    assert XC7.multipliers(shape) == multipliers


def test_look_up_tables_are_a_sum_of_terms() -> None:
    shared, own = product(4, 10), product(4, 10, made="lut")
    # 4 sums of 16 bits; 40 products of 8 bits in 20 groups; a replayed input of 40 bits and 25 words.
    assert XC7.terms(shared) == {"output": 64, "shared": 160, "ram": 40}
    assert XC7.terms(own) == {"output": 64, "products": 640, "ram": 40}
    assert XC7.of_shape(own).lut == ceil(sum(XC7.luts[name] * n for name, n in XC7.terms(own).items()))
    assert XC7.of_shape(own).lut > XC7.of_shape(shared).lut


def test_who_estimates_depends_on_the_tools() -> None:
    assert isinstance(board("arty-a7-35t").estimator, Xc7Estimator)
    assert isinstance(board("pynq-z2").estimator, FinnEstimator)
    assert isinstance(board("pynq-z2", tools="open").estimator, Xc7Estimator)
