"""Compiles designs for cocotb with the Verilator that Offramp uses, and runs test modules on them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from toolkit.core import tools

_WRAPPER = """\
#!/bin/sh
for argument do shift; [ "$argument" = --public-flat-rw ] || set -- "$@" "$argument"; done
exec {verilator} "$@"
"""


def compile_for_cocotb(sources: Sequence[Path], top: str, folder: Path) -> None:
    """Compile a design in ``folder`` by cocotb's own runner.

    The runner lets cocotb see every signal, which makes a simulation of layers large and slow: here it sees
    those of the top module.
    """
    from cocotb_tools.runner import get_runner

    verilator, compiler = tools.verilator(), tools.cxx()
    wrapper = folder / "bin" / "verilator"
    wrapper.parent.mkdir(parents=True)
    wrapper.write_text(_WRAPPER.format(verilator=shlex.join(verilator.command)))
    seen = folder / "seen.vlt"
    seen.write_text(f'`verilator_config\npublic_flat_rw -module "{top}" -var "*"\n')
    wrapper.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}")
        patch.setenv("VERILATOR_ROOT", str(verilator.root))
        patch.setenv("CXXFLAGS", "--std=c++20 -O1")
        program = shlex.join(compiler.command)
        # The package from pip does not know how a precompiled header is included.
        patch.setenv("MAKEFLAGS", f"CXX='{program}' LINK='{program}' CFG_CXXFLAGS_PCH_I=-include")
        get_runner("verilator").build(
            sources=[seen, *sources],
            hdl_toplevel=top,
            build_dir=folder / "build",
            build_args=["--assert", "--no-timing", "-Wno-fatal", "-Wno-lint"],
            timescale=("1ns", "1ps"),
            log_file=folder / "build.log",
        )


def run_in_cocotb(
    folder: Path, top: str, module: Path, work: Path, plusargs: Sequence[str] = (), **environment: str
) -> None:
    """Run a file of cocotb tests on a compiled design in the folder ``work``, which gets ``results.xml``.

    Raises:
        SystemExit: a test failed.
        RuntimeError: the simulation failed.
    """
    from cocotb_tools.runner import get_runner

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(module.parent))
        get_runner("verilator").test(
            hdl_toplevel=top,
            hdl_toplevel_lang="verilog",
            test_module=module.stem,
            build_dir=folder / "build",
            test_dir=work,
            results_xml=str(work / "results.xml"),
            log_file=work / "run.log",
            plusargs=list(plusargs),
            extra_env=environment,
        )
