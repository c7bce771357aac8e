"""Whether a board's chip can answer for a network: some name a class themselves."""

from __future__ import annotations

from hw_models import NetworkSpec
from toolkit import boards
from toolkit.core.errors import BadOption
from toolkit.links import chip_side
from toolkit.tasks import task_of


def can_answer(board: boards.Board, network: NetworkSpec) -> bool:
    """Whether a board can carry the answers of a network; one that no bitstream is built for is taken to."""
    return not (board.is_target and not task_of(network).one_class and chip_side(board).classifies)


def require_answers_of(board: boards.Board | None, network: NetworkSpec) -> None:
    """Check that a board, if there is one, can carry the answers of a network.

    Raises:
        BadOption: its chip answers with the class of the largest output, and the network names no classes.
    """
    if board is None or can_answer(board, network):
        return
    others = [boards.board(name) for name in boards.names()]
    fit = ", ".join(one.name for one in others if one.is_target and can_answer(one, network))
    raise BadOption(
        f"{network.name} on {board.name}",
        expected="a network for classification: the chip answers with the class of the largest output",
        found=f"one for {network.task}",
        fix=f"Take target sim, or a board whose chip sends all outputs ({fit}).",
    )
