"""Whether a board's chip can answer for a network: some name a class themselves."""

from __future__ import annotations

from hw_models import NetworkSpec
from toolkit import boards
from toolkit.core.errors import BadOption
from toolkit.links import chip_side
from toolkit.tasks import task_of


def require_answers_of(board: boards.Board | None, network: NetworkSpec) -> None:
    """Check that a board, if there is one, can carry the answers of a network.

    Raises:
        BadOption: its chip answers with the class of the largest output, and the network names no classes.
    """
    if board is None or not task_of(network).reads or not chip_side(board).classifies:
        return
    others = [boards.board(name) for name in boards.names()]
    fit = ", ".join(one.name for one in others if one.link and not chip_side(one).classifies)
    raise BadOption(
        f"{network.name} on {board.name}",
        expected="a network for classification: the chip answers with the class of the largest output",
        found=f"one for {network.task}",
        fix=f"Take target sim, or a board whose chip sends all outputs ({fit}).",
    )
