"""Boards as data: one TOML file per board, every constant with its source and uncertainty."""

from toolkit.boards.board import Board, Constant, Resources, board, names
from toolkit.families.ecp5.pins import OpenFlow, Pin

__all__ = ["Board", "Constant", "OpenFlow", "Pin", "Resources", "board", "names"]
