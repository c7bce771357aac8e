"""The peak of memory, of this process and of programs that it starts."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from toolkit.core.memory import PeakMemory, resident_bytes

MIB = 2**20
TAKE = "import sys, time; held = b'x' * (200 << 20); print(len(held), flush=True); sys.stdin.read()"


def test_memory_of_a_program_that_has_ended_counts() -> None:
    before = resident_bytes()
    with (
        PeakMemory() as peak,
        subprocess.Popen(
            [sys.executable, "-c", TAKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as program,
    ):
        assert program.stdout is not None
        program.stdout.readline()
        while peak.bytes < before + 200 * MIB:  # it holds them until its input ends
            time.sleep(0.01)
        assert program.stdin is not None
        program.stdin.close()
    assert peak.bytes >= before + 200 * MIB
    assert resident_bytes() < before + 100 * MIB


def test_memory_that_was_given_back_counts() -> None:
    before = resident_bytes()
    with PeakMemory() as peak:
        held = b"x" * (200 * MIB)
        while peak.bytes < before + 200 * MIB:
            time.sleep(0.01)
        del held
    assert peak.bytes >= before + 200 * MIB


def test_an_error_passes() -> None:
    with pytest.raises(ValueError, match="mine"), PeakMemory() as peak:
        raise ValueError("mine")
    assert peak.bytes > 0
