"""Compares the frames that were packed with the bits that bitread finds in the bitstream."""

from __future__ import annotations

from pathlib import Path

from toolkit.core.errors import ArtifactError, NothingCompared, VerificationMismatch
from toolkit.core.reading import read_json
from toolkit.families.results import Compared
from toolkit.families.xc7 import block_ram, plan
from toolkit.families.xc7.database import Bit

_CHECKSUM = (50, 13)
"""Word of a frame whose lowest bits, so many, are its checksum: the packing program computes it."""
_CONTENTS = 1
"""Kind of frames, in their address, with the contents of block RAMs."""


def packed(text: str) -> set[Bit]:
    """Return the bits of frames as xc7frames2bit reads them.

    Raises:
        ArtifactError: a line is no frame.
    """
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        try:
            frame, words = line.split()
            address, values = int(frame, 16), [int(word, 16) for word in words.split(",")]
        except ValueError:
            raise ArtifactError(
                f"{plan.FRAMES}, line {number}", expected="a frame", found=line[:40]
            ) from None
        for word, value in enumerate(values):
            found |= {Bit(address, word, bit) for bit in range(32) if value >> bit & 1}
    return found


def unpacked(text: str) -> set[Bit]:
    """Return the bits that bitread lists, ``bit_00400d87_010_13``, without checksums.

    Raises:
        ArtifactError: a line is none.
    """
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            _, frame, word, bit = line.strip().split("_")
            found.add(Bit(int(frame, 16), int(word), int(bit)))
        except ValueError:
            raise ArtifactError(
                f"{plan.UNPACKED}, line {number}", expected="a bit", found=line[:40]
            ) from None
    checked, low = _CHECKSUM
    return {bit for bit in found if bit.word != checked or bit.bit >= low}


def compare(folder: Path) -> Compared:
    """Compare packed with unpacked bits in a folder, and widths of block RAMs with the netlist's cells.

    Raises:
        VerificationMismatch: bits differ, or a block RAM has another width.
        NothingCompared: no bit is set.
    """
    wanted = packed((folder / plan.FRAMES).read_text(encoding="ascii"))
    found = unpacked((folder / plan.UNPACKED).read_text(encoding="ascii"))
    if wanted != found:
        lost, gained = wanted - found, found - wanted
        first = min(lost or gained)
        raise VerificationMismatch(
            f"the bitstream's frame {first.frame:#010x}, word {first.word}, bit {first.bit}",
            expected="the bits that were packed",
            found=f"{len(lost)} missing, {len(gained)} too many",
            fix="Use xc7frames2bit, bitread and their database of one release.",
        )
    if not wanted:
        raise NothingCompared("the bitstream's frames", expected="bits that are set", found="none")
    about = read_json(folder / plan.WIDTHS)
    block_ram.require_widths(about["wanted"], found, about["rams"])
    words = {(bit.frame, bit.word) for bit in wanted if bit.frame >> 23 & 7 == _CONTENTS}
    return Compared(tiles=about["tiles"], bits=len(wanted), memory_words=len(words))
