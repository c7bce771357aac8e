"""Estimates for an ECP5: block RAMs and multipliers as Yosys made them, look-up tables, candidates."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

import pytest

from tests.conftest import Compiled
from toolkit.boards import board
from toolkit.compile import segment_candidates
from toolkit.core.topology import trunk
from toolkit.families import family
from toolkit.families.ecp5.estimate import Ecp5Estimator
from toolkit.families.shape import Shape

PART = "LFE5U-85F-6BG381C"
ECP5 = Ecp5Estimator()


def product(mw: int, mh: int, pe: int, simd: int, made: str = "dsp", bits: int = 4) -> Shape:
    """A product of 4-bit activations with sums of 16 bits."""
    at: Mapping[str, Any] = {
        **{"MW": mw, "MH": mh, "PE": pe, "SIMD": simd},
        **{"resType": made, "weight_bits": bits},
    }
    return Shape("mvau", 4, simd, 16, pe, at)


@pytest.mark.parametrize(
    ("shape", "block_rams", "multipliers"),
    [
        (product(640, 10, 1, 1), 3, 1),  # 6400 words of 4 bits, and 640 of input: with the netlist
        (product(250, 20, 4, 10), 5, 40),  # 125 words of 160 bits; the input of 25 words is of look-up tables
        (product(640, 10, 1, 1, "lut"), 3, 0),
        (product(640, 10, 1, 2, bits=8), 5, 2),  # 3200 words of 16 bits: 4, and 320 words of input
        (product(64, 1, 1, 1), 0, 1),  # 64 words of 4 bits are of look-up tables; one row: no replay
        (product(512, 1, 1, 1), 1, 1),  # 2048 bits: just worth a block RAM
        (product(511, 1, 1, 1), 0, 1),
        (product(8, 4, 4, 8), 0, 32),  # one word
    ],
)
def test_block_rams_and_multipliers(shape: Shape, block_rams: int, multipliers: int) -> None:
    found = ECP5.of_shape(shape)
    assert (found.bram, found.dsp) == (block_rams, multipliers)


def test_look_up_tables_are_a_sum_of_terms() -> None:
    shape = product(250, 20, 4, 10, "lut")
    found = ECP5.terms(shape)
    # 4 sums of 16 bits; 40 products of 4 x 4 bits; a replayed input of 40 bits and 25 words: 2 columns of 16.
    assert found == {"output": 64, "products": 640, "ram": 80}
    assert ECP5.of_shape(shape).lut == ceil(sum(ECP5.luts[name] * amount for name, amount in found.items()))
    assert "products" not in ECP5.terms(product(250, 20, 4, 10))
    assert ECP5.terms(product(64, 1, 1, 1)) == {"output": 16, "rom": 16, "ram": 0}


def test_other_layers_have_neither() -> None:
    kernel: Mapping[str, Any] = {"ConvKernelDim": (3, 3), "ImageSize": (28, 28)}
    whole, folded = (Shape("window", 4, 2, 4, lanes, kernel) for lanes in (18, 6))
    # Two lines of 28 pixels of 8 bits: 2 columns of 16; a window of 72 bits, chosen from if not sent at once.
    assert ECP5.terms(whole) == {"selection": 0, "ram": 32}
    assert ECP5.terms(folded) == {"selection": 72, "ram": 32}
    assert ECP5.terms(Shape("threshold", 12, 5, 4, 5, {})) == {"threshold": 60}
    assert ECP5.terms(Shape("pool", 4, 5, 4, 5, {})) == {"pool": 20}
    assert ECP5.terms(Shape("bias", 12, 1, 13, 1, {})) == {"bias": 12}
    for kind in ("threshold", "pool", "bias", "width"):
        assert ECP5.of_shape(Shape(kind, 12, 5, 12, 5, {}))[1:] == (0, 0)
    assert ECP5.of_shape(Shape("width", 12, 5, 12, 5, {})).lut == 0


@pytest.mark.parametrize(
    ("part", "is_one"), [(PART, True), ("LFE5UM5G-85F", True), ("xc7z020clg400-1", False)]
)
def test_parts(part: str, is_one: bool) -> None:
    assert family("ecp5").covers(part) == is_one


def test_every_product_comes_twice(tiny: Compiled) -> None:
    """Of multipliers and of look-up tables, alike but for what they take."""
    graph = tiny.graphs.segments[trunk(1)]
    ours, finns = (segment_candidates(graph, board(name)) for name in ("ulx3s-85f", "pynq-z2"))
    assert [unit.name for unit in ours] == [unit.name for unit in finns]
    products = 0
    for unit, same in zip(ours, finns, strict=True):
        made = [dict(option.attributes[-1]).get("resType") for option in unit.candidates]
        if None in made:
            assert len(unit.candidates) == len(same.candidates)
            continue
        products += 1
        assert made == ["dsp", "lut"] * len(same.candidates)
        for dsp, lut, option in zip(
            unit.candidates[::2], unit.candidates[1::2], same.candidates, strict=True
        ):
            assert dsp.attributes[-1][:-1] == lut.attributes[-1][:-1] == option.attributes[-1]
            assert dsp.cycles == lut.cycles == option.cycles
            lanes = dict(dsp.attributes[-1])
            assert dsp.resources.dsp == int(lanes["PE"]) * int(lanes["SIMD"])
            assert lut.resources.dsp == 0
            assert lut.resources.lut > dsp.resources.lut
            assert lut.resources.bram == dsp.resources.bram
    assert products == 2
