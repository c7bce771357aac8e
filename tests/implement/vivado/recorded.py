"""A Tcl interpreter that has Vivado's commands as recording procedures, and what they recorded."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.implement.vivado.catalogue import IPS

HERE = Path(__file__).parent
VIVADO = HERE / "vivado.tcl"
PARTS = ("xc7z020clg400-1", "xc7z045ffg900-2", "xczu7ev-ffvc1156-2-e")
_TKINTER = """
import os, sys, tkinter
tcl = tkinter.Tcl()

def leave(code="0"):
    tcl.eval("flush stdout")
    os._exit(int(code))

tcl.createcommand("exit", leave)  # which tkinter takes away
tcl.setvar("argv", tuple(sys.argv[2:]))
tcl.evalfile(sys.argv[1])
"""


def interpreters() -> list[list[str]]:
    """The commands of the Tcl interpreters that are there: tclsh, and the one of Python's tkinter."""
    found = [[tclsh] for tclsh in [shutil.which("tclsh")] if tclsh is not None]
    if importlib.util.find_spec("_tkinter") is not None:
        found.append([sys.executable, "-c", _TKINTER])
    return found


def interpreter() -> list[str]:
    """The command of a Tcl interpreter; skips the test where there is none."""
    if not (found := interpreters()):
        pytest.skip("no Tcl interpreter: neither tclsh (apt-get install tcl) nor Python's tkinter")
    return found[0]


@dataclass(frozen=True)
class Record:
    """Calls of Vivado's commands, each a list of words; exit code and output of the interpreter."""

    calls: list[list[str]]
    code: int
    output: str

    def of(self, *names: str) -> list[list[str]]:
        """Words of the calls of some commands, in order."""
        return [call for call in self.calls if call[0] in names]


@dataclass(frozen=True)
class Answers:
    """What Vivado answers: its version, the parts and IPs that it has, slack in ns, progress of a run."""

    version: str = "2024.2"
    parts: tuple[str, ...] = PARTS
    ips: tuple[str, ...] = tuple(f"xilinx.com:ip:{name}:{ip.version}" for name, ip in IPS.items())
    slack: str = "0.1"
    progress: str = "100%"
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        lists = {"PARTS": " ".join(self.parts), "IPS": " ".join(self.ips)}
        return {"VERSION": self.version, "SLACK": self.slack, "PROGRESS": self.progress, **lists}


def run(
    script: str, folder: Path, answers: Answers | None = None, command: list[str] | None = None
) -> Record:
    """Run a script of a plan that is unpacked in ``folder``, by default with the first interpreter."""
    records = folder / "records"
    records.unlink(missing_ok=True)
    done = subprocess.run(
        [*(command or interpreter()), str(VIVADO), script],
        cwd=folder,
        env={**os.environ, "RECORDS": str(records), **(answers or Answers()).environment},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = records.read_text().splitlines() if records.is_file() else []
    calls = [[bytes.fromhex(word[1:]).decode() for word in line.split()] for line in lines]
    return Record(calls, done.returncode, done.stdout + done.stderr)


def words(text: str) -> list[str]:
    """Split a Tcl list whose words have no braces in them."""
    found, rest = [], text.strip()
    while rest:
        if rest.startswith("{"):
            word, _, rest = rest[1:].partition("}")
        else:
            word, _, rest = rest.partition(" ")
        found.append(word)
        rest = rest.strip()
    return found
