"""A run's bitstream on its board: loading it, and the selftest of its package."""

from __future__ import annotations

from pathlib import Path

from toolkit.boards import Board
from toolkit.core.errors import ArtifactError
from toolkit.core.paths import is_folder
from toolkit.flow.rundir import RunDirectory
from toolkit.implement import Implementation
from toolkit.implement.load import load_bitstream
from toolkit.package import BoardPackage


def load_run(run: Path, *, flash: bool = False) -> tuple[Board, str]:
    """Load the bitstream of a run; return its board and the command that did it.

    Raises:
        ArtifactError: the run has no bitstream, or one that was changed.
        BadOption, ToolFailed, ToolMissing: as :func:`toolkit.implement.load.load_bitstream`.
    """
    directory = RunDirectory(run)
    folder = directory.result("bitstream")
    built, board = Implementation.find(folder), directory.options().implementation.board
    if built is None or board is None:
        fix = f"offramp bitstream {run} --target BOARD"
        raise ArtifactError(f"run directory {run}", expected="a bitstream", found="none", fix=fix)
    return board, load_bitstream(board, folder / built.file, flash=flash)


def package_of(path: Path) -> Path:
    """Return the package that ``path`` is, or that of a run.

    Raises:
        ArtifactError: the run has none, or one that was changed.
    """
    if not is_folder(path):
        return path
    found = BoardPackage.find(RunDirectory(path).result("package"))
    if found is None:
        fix = f"offramp package {path} --target BOARD"
        raise ArtifactError(f"run directory {path}", expected="a package", found="none", fix=fix)
    return found.archive
