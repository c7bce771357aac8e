"""Residual blocks, and the pieces into which they cut a trunk or head.

A block adds the maps of its two branches, as integers on one scale. A segment is a chain, so each branch is a
segment of its own, and so is what lies between two blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from hw_models.layers import Layer
from toolkit.core.errors import BadOption
from toolkit.core.topology import Branch, Part


@dataclass(frozen=True)
class Residual:
    """A residual block: the sum of two branches from one map.

    Args:
        main: layers of the main branch.
        shortcut: layers of the shortcut, often a convolution with a 1x1 window; none: the map itself.
    """

    main: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()
    kind: ClassVar[str] = "residual"

    def __post_init__(self) -> None:
        if not self.main:
            raise BadOption("main branch of a residual", expected="at least one layer", found="none")
        if any(isinstance(layer, Residual) for layer in (*self.main, *self.shortcut)):
            raise BadOption(
                "branch of a residual",
                expected="a chain of layers",
                found="a residual inside a residual",
                fix="Put blocks one behind the other.",
            )


Element = Layer | Residual
"""What a trunk or head consists of."""


def pieces(whole: Part, elements: Sequence[Element]) -> Iterator[tuple[Part, tuple[Layer, ...]]]:
    """Yield the parts of a trunk or head with their layers: itself, or pieces if it has residual blocks.

    Behind every block comes a piece, which begins with the quantiser of the sum and may have no other layer.
    """
    piece, run, behind_block = 0, list[Layer](), False
    if not any(isinstance(one, Residual) for one in elements):
        yield whole, tuple(one for one in elements if not isinstance(one, Residual))
        return
    for one in (*elements, None):
        if one is not None and not isinstance(one, Residual):
            run.append(one)
            continue
        if run or behind_block:
            yield Part(whole.kind, whole.k, piece), tuple(run)
            run, piece = [], piece + 1
        if one is not None:
            yield Part(whole.kind, whole.k, piece, Branch.MAIN), one.main
            yield Part(whole.kind, whole.k, piece, Branch.SHORTCUT), one.shortcut
            piece, behind_block = piece + 1, True
