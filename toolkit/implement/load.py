"""Loads a bitstream onto a board, with openFPGALoader."""

from __future__ import annotations

import shlex
from pathlib import Path

from toolkit.boards import Board
from toolkit.core import tools
from toolkit.core.errors import BadOption
from toolkit.core.process import Command, execute
from toolkit.core.store import scratch

_LOADER = "openFPGALoader"
_PATIENCE_S = 900
"""The flash of the largest board takes minutes."""


def load_bitstream(board: Board, bitstream: Path, *, flash: bool = False) -> str:
    """Load ``bitstream`` onto ``board``, until the power goes or into its flash; return the command's line.

    Raises:
        BadOption: the board's file names no such command.
        ToolFailed: the program fails, which it does without a board, or takes too long.
        ToolMissing: it is not installed, or does not start.
    """
    name, *arguments = shlex.split(board.table.load or "") or [""]
    if name != _LOADER:
        fix = "Run that on the board, or load the bitstream as its maker says."
        raise BadOption(
            f"offramp load for {board.name}",
            expected=f"a board that {_LOADER} loads",
            found=board.table.load or "no known command",
            fix=fix,
        )
    tool = tools.loader()
    words = (*arguments, *(["--write-flash"] if flash else []), str(bitstream.absolute()))
    with scratch("load") as folder:
        execute(Command(f"loading {board.name}", tool, words), folder, timeout_s=_PATIENCE_S)
    return shlex.join((tool.name, *words))
