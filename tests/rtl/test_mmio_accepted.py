"""The blocks of the memory-mapped link pass Verilator's lint and slang."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rtl import accept, files
from tests.rtl.link_mutants import write
from tests.rtl.mmio_mutants import FAULTS
from toolkit.links.mmio import registers

BLOCKS = [files.source(f"offramp_{name}") for name in ("axi_words", "mailbox", "mmio_port")]
SOURCES = [files.source("offramp_mmio_pkg"), files.source("offramp_ram"), *BLOCKS]
SIZES: list[tuple[str, accept.Parameters]] = [
    ("offramp_mailbox", {}),
    ("offramp_axi_words", {}),
    *(
        ("offramp_axi_words", {"ADDRESS_BITS": address_bits, "ID_BITS": id_bits})
        for address_bits, id_bits in ((4, 1), (13, 12), (13, 6), (32, 16))
    ),
    *(("offramp_mmio_port", {"ID_BITS": id_bits}) for id_bits in (1, 6, 12, 16)),
]


def test_every_block_of_the_link_is_here() -> None:
    assert set(BLOCKS) == set(BLOCKS[0].parent.glob("*.sv"))
    assert {module for module, _ in SIZES} == {path.stem for path in BLOCKS}


def test_every_fault_is_at_one_place_of_its_block(tmp_path: Path) -> None:
    """Those of :mod:`tests.rtl.test_mmio_mutants`; the port itself is wires."""
    assert {path.stem for path in write(tmp_path, FAULTS)} == {"offramp_axi_words", "offramp_mailbox"}


def test_the_model_has_the_numbers_of_the_registers() -> None:
    """It does not take them from there, so that a change of the table is seen."""
    told = registers.IDENTITY, registers.VERSION, registers.WORDS, registers.WINDOW, registers.POSITIONS
    assert told == (0x4F46524D, 1, 512, 0x1000, 65536)


@pytest.mark.parametrize(("module", "parameters"), SIZES)
def test_accepted(module: str, parameters: accept.Parameters) -> None:
    assert accept.verilator(module, SOURCES, parameters) == []
    assert accept.slang(module, SOURCES, parameters) == []
