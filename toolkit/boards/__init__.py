"""Boards as data: one TOML file per board, every constant with its source and uncertainty."""

from toolkit.boards.board import SIM, Board, Capacity, Constant, board, names, targets

__all__ = ["SIM", "Board", "Capacity", "Constant", "board", "names", "targets"]
