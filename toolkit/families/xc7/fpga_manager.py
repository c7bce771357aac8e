"""A Zynq's bitstream as Linux on its own processor loads it: by the FPGA manager, without a device tree.

AMD's kernels (PYNQ, PetaLinux) take a file below ``/lib/firmware`` whose name is written to
``/sys/class/fpga_manager/fpga0/firmware``: the words of the configuration alone, without the header of a
``.bit`` (AMD UG470, chapter 5), and with the bytes of each word turned round, as the device's memory
interface reads them.
"""

from __future__ import annotations

from array import array

from toolkit.core.errors import ArtifactError

_SYNC = bytes.fromhex("aa995566")
_LENGTH = b"e"
"""The key of the last field of the header; four bytes with the number of bytes behind them follow."""
_START = 13
"""Bytes in front of the first of the fields, ``a`` to ``d``, each with two bytes of length."""


def image(bitstream: bytes) -> bytes:
    """Return the file for the FPGA manager.

    Args:
        bitstream: content of a ``.bit``.

    Raises:
        ArtifactError: it is none.
    """
    at = _START
    while at < len(bitstream) and bitstream[at : at + 1] in (b"a", b"b", b"c", b"d"):
        at += 3 + int.from_bytes(bitstream[at + 1 : at + 3], "big")
    words = bitstream[at + 5 :]
    if bitstream[at : at + 1] != _LENGTH or int.from_bytes(bitstream[at + 1 : at + 5], "big") != len(words):
        raise ArtifactError("bitstream", expected="fields a to e, and as many bytes as the last says")
    if len(words) % 4 or words.find(_SYNC) % 4:  # -1 if there is none
        raise ArtifactError("bitstream", expected="words of 32 bits, one of them the synchronisation")
    turned = array("I", words)
    turned.byteswap()
    return turned.tobytes()


def script(name: str) -> str:
    """Return the program that loads ``name``.bin, which lies beside it, on the board."""
    return f"""\
#!/bin/sh
# Loads {name}.bin into the programmable logic of the Zynq that this runs on. As root, with AMD's kernel.
set -eu
manager=/sys/class/fpga_manager/fpga0
if ! [ -w $manager/firmware ]; then
  echo "$manager/firmware cannot be written; expected root, and Linux of PYNQ or PetaLinux on the board" >&2
  exit 2
fi
mkdir -p /lib/firmware
cp "$(dirname "$0")/{name}.bin" /lib/firmware/
echo 0 > $manager/flags
echo {name}.bin > $manager/firmware
state=$(cat $manager/state)
if [ "$state" != operating ]; then
  echo "$manager is in state $state; expected operating" >&2
  exit 1
fi
echo "{name}: loaded"
"""
