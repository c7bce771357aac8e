"""A Zynq's bitstream for Linux: the words of the .bit, turned round, and the script that loads them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from toolkit.boards import board
from toolkit.core.errors import ArtifactError
from toolkit.families import family
from toolkit.families.xc7.fpga_manager import image, script

WORDS = np.array([0xFFFFFFFF, 0x000000BB, 0x11220044, 0xFFFFFFFF, 0xAA995566, 0x20000000, 0x01020304], ">u4")
TOOLS = family("xc7").toolchains["open"]


def bit(words: bytes, length: int | None = None) -> bytes:
    """A file as the packing program writes it: a constant, four texts, then the words."""
    texts = (
        ("a", b"design;Generator=xc7frames2bit\0"),
        ("b", b"xc7z020clg400-1\0"),
        ("c", b"\0"),
        ("d", b"\0"),
    )
    fields = b"".join(key.encode() + len(text).to_bytes(2, "big") + text for key, text in texts)
    count = len(words) if length is None else length
    return bytes.fromhex("00090ff00ff00ff00ff0000001") + fields + b"e" + count.to_bytes(4, "big") + words


def test_the_words_are_turned_round() -> None:
    found = image(bit(WORDS.tobytes()))
    assert found[16:20] == bytes.fromhex("665599aa"), "as the kernel's driver looks for it"
    assert np.array_equal(np.frombuffer(found, "<u4"), WORDS)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"bits",
        bit(WORDS.tobytes(), length=4),
        bit(WORDS.tobytes()[:-1]),
        bit(WORDS.tobytes()[:16]),
        bit(b"\0\0" + WORDS.tobytes() + b"\0\0"),
    ],
)
def test_what_is_no_bitstream_is_refused(content: bytes) -> None:
    with pytest.raises(ArtifactError, match="bitstream; expected "):
        image(content)


def test_a_zynq_has_both_files_and_another_part_none(tmp_path: Path) -> None:
    (file := tmp_path / "pynq-z2.bit").write_bytes(bit(WORDS.tobytes()))
    found = TOOLS.beside(board("pynq-z2", tools="open").table, file)
    assert sorted(found) == ["pynq-z2.bin", "pynq-z2.sh"]
    assert TOOLS.beside(board("arty-a7-35t").table, file) == {}


@pytest.mark.parametrize(("state", "code"), [("operating", 0), ("write error", 1), (None, 2)])
def test_the_script_hands_the_file_to_the_kernel(tmp_path: Path, state: str | None, code: int) -> None:
    manager, firmware = tmp_path / "manager", tmp_path / "firmware"
    if state is not None:
        manager.mkdir()
        (manager / "firmware").touch()
        (manager / "state").write_text(f"{state}\n")
    text = script("pynq-z2").replace("/sys/class/fpga_manager/fpga0", str(manager))
    (tmp_path / "pynq-z2.sh").write_text(text.replace("/lib/firmware", str(firmware)))
    (tmp_path / "pynq-z2.bin").write_bytes(b"words")
    done = subprocess.run(
        ["sh", tmp_path / "pynq-z2.sh"], capture_output=True, text=True, check=False, cwd=os.sep
    )
    assert done.returncode == code, done.stderr
    if state is not None:
        assert (firmware / "pynq-z2.bin").read_bytes() == b"words"
        assert (manager / "firmware").read_text() == "pynq-z2.bin\n"
        assert (manager / "flags").read_text() == "0\n"
    if code:
        assert "; expected " in done.stderr
