"""Gives a design to Yosys, whose slang reads SystemVerilog as a synthesis does."""

from __future__ import annotations

import shutil
from pathlib import Path

from toolkit.core.contained import require_contained
from toolkit.core.errors import BadOption
from toolkit.sim.design import RtlDesign

_OPTIONS = ("--threads 1", "--ignore-timing", "--ignore-assertions", "-Wno-undefined-param-override")


def images(design: RtlDesign) -> list[Path]:
    """Return the memory images of a design, which become part of the netlist: Yosys runs ``$readmemh``."""
    return sorted(design.data_dir.glob("*.dat")) if design.data_dir else []


def copy_design(design: RtlDesign, folder: Path) -> None:
    """Copy the files of a design to ``folder``, where Yosys runs.

    Raises:
        ForeignCode: a source reaches outside the design.
        BadOption: the design has folders of included files.
    """
    if design.include_dirs:
        raise BadOption(f"folders of {design.top} with included files", expected="none for Yosys")
    require_contained(design.sources, defines=design.defines)
    for source, name in zip(design.sources, _names(design), strict=True):
        shutil.copyfile(source, folder / name)
    for image in images(design):
        shutil.copyfile(image, folder / image.name)


def read_design(design: RtlDesign, *options: str) -> str:
    """Return the lines of a script that read a copied design; ``options`` are more ones of ``read_slang``."""
    given = [f"-D {name}" + ("" if text is None else f"={text}") for name, text in design.defines.items()]
    given += [f"-G {name}={value}" for name, value in design.parameters.items()]
    words = [*_OPTIONS, *given, *options, f"--top {design.top}", *_names(design)]
    return f"read_slang {' '.join(words)}\nhierarchy -check -top {design.top}\nproc\nflatten\nopt_expr\n"


def _names(design: RtlDesign) -> list[str]:
    return [f"{number:03}_{source.name}" for number, source in enumerate(design.sources)]
