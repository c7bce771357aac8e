"""Boards as data: one TOML file per board, every constant with its source and uncertainty."""

from toolkit.boards.board import Board, Constant, Resources, board, names

__all__ = ["Board", "Constant", "Resources", "board", "names"]
