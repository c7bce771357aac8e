"""Makes rows for the energy model from the user's own measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.boards import Board
from toolkit.core.artifact import parse
from toolkit.core.errors import BadOption
from toolkit.cost.rails import Rails
from toolkit.cost.rows import MeasuredRows, Products


@dataclass(frozen=True)
class Measurement:
    """A measurement of one design on a board.

    Attributes:
        network: name of the network; measurements of one network must have the same products.
        products: multiply-accumulates of each layer per frame.
        rails: measured power.
        frames_per_s: frame rate of the active phase.
    """

    network: str
    products: Sequence[Products]
    rails: Rails
    frames_per_s: float


def measured_rows(
    measurements: Sequence[Measurement], board: Board, *, name: str, conditions: str
) -> MeasuredRows:
    """Make rows of measurements on one board, for :func:`toolkit.cost.model.fit`.

    Args:
        measurements: at least one.
        board: board of all of them.
        name: name of the rows in the source of every figure.
        conditions: clock, meter, and where it was connected.

    Raises:
        BadOption: there is no measurement, active and idle power overlap, or a network has no products or two
            lists of them.
    """
    if not measurements:
        raise BadOption("measurements to fit a model to", expected="at least 1", found=0)
    work = {one.network: tuple(one.products) for one in measurements}
    for one in measurements:
        if work[one.network] != tuple(one.products):
            raise BadOption(f"products of {one.network}", expected="the same every time", found="two lists")
        if not one.products:
            raise BadOption(f"products of {one.network}", expected="at least one layer", found=0)
    derived = "given with the measurement"
    value = {
        "schema": 1,
        "name": name,
        "source": ", ".join(one.rails.source for one in measurements),
        "family": board.family,
        "conditions": conditions,
        "networks": {
            network: {"source": name, "derived": derived, "products": products}
            for network, products in work.items()
        },
        "rows": [_row(one, board) for one in measurements],
    }
    return parse(MeasuredRows, value, f"measurements {name}")


def _row(one: Measurement, board: Board) -> dict[str, object]:
    above = one.rails.incremental(one.frames_per_s)
    return {
        "board": board.name,
        "network": one.network,
        "active_w": one.rails.active.value,
        "idle_w": one.rails.idle.value,
        "frames_per_s": one.frames_per_s,
        "board_uj": one.rails.board(one.frames_per_s).value,
        "incremental_uj": {"low": above.low, "high": above.high},
        "source": one.rails.source,
    }
