"""Folding: how much of each layer is computed at once, from a target of cycles per frame.

Every node has a finite list of foldings (divisors of its dimensions). The cheapest one that meets the
target is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from toolkit.compile.legal import HARDWARE
from toolkit.errors import FoldingUnreachable


@dataclass(frozen=True)
class Option:
    """One folding of one node: attribute values, cycles per frame and a cost that only orders options."""

    attributes: tuple[tuple[str, int], ...]
    cycles: int
    cost: int


def fold(model: ModelWrapper, target: int, graph: str) -> ModelWrapper:
    """Set the folding attributes of every node.

    Args:
        model: specialised chain; changed in place.
        target: cycles per frame that no node may exceed.
        graph: name for messages.

    Raises:
        FoldingUnreachable: names the slowest node and the best target that can be reached.
    """
    choices: list[tuple[Any, Option]] = []
    best, slowest = 0, ""
    for node in model.graph.node:
        op = getCustomOp(node)
        candidates = sorted(_options(op, HARDWARE[node.op_type]), key=lambda o: (o.cost, o.cycles))
        fastest = min(candidates, key=lambda option: option.cycles)
        if fastest.cycles > best:
            best, slowest = fastest.cycles, node.name
        chosen = next((option for option in candidates if option.cycles <= target), fastest)
        choices.append((op, chosen))
    if best > target:
        error = FoldingUnreachable(
            f"folding of {graph}",
            expected=f"{target} cycles per frame",
            found=f"at best {best}, limited by {slowest}",
            fix=f"Ask for {best} cycles or more.",
        )
        error.best = best
        raise error
    for op, option in choices:
        for name, value in option.attributes:
            op.set_nodeattr(name, value)
    return model


def _options(op: Any, kind: str) -> Iterator[Option]:
    if kind == "mvau":
        yield from _mvau_options(op)
    elif kind == "window":
        yield from _window_options(op)
    elif kind == "padding":
        yield from _lane_options(op, "SIMD", op.get_nodeattr("NumChannels"))
    elif kind == "threshold":
        yield from _lane_options(op, "PE", op.get_nodeattr("NumChannels"))
    else:
        yield from _lane_options(op, "PE", op.get_nodeattr("Channels"))


def _lane_options(op: Any, name: str, channels: int) -> Iterator[Option]:
    for lanes in divisors(channels):
        op.set_nodeattr(name, lanes)
        yield Option(((name, lanes),), int(op.get_exp_cycles()), lanes)


def _mvau_options(op: Any) -> Iterator[Option]:
    """Multipliers dominate; among equals, narrow streams and few accumulators."""
    element, accumulator = op.get_input_datatype(0).bitwidth(), op.get_output_datatype().bitwidth()
    rows, columns = op.get_nodeattr("MH"), op.get_nodeattr("MW")
    vectors = prod(int(v) for v in op.get_nodeattr("numInputVectors"))
    for pe in divisors(rows):
        for simd in divisors(columns):
            cycles = (rows // pe) * (columns // simd) * vectors
            yield Option(
                (("PE", pe), ("SIMD", simd)), cycles, pe * simd * 1024 + simd * element + 2 * pe * accumulator
            )


def _window_options(op: Any) -> Iterator[Option]:
    channels = op.get_nodeattr("IFMChannels")
    kernel = prod(int(k) for k in op.get_nodeattr("ConvKernelDim"))
    for lanes in divisors(channels):
        for parallel in (0, 1) if lanes == channels else (0,):
            op.set_nodeattr("SIMD", lanes)
            op.set_nodeattr("parallel_window", parallel)
            cycles = int(op.get_exp_cycles())
            yield Option(
                (("SIMD", lanes), ("parallel_window", parallel)), cycles, lanes * (kernel if parallel else 1)
            )


def divisors(number: int) -> list[int]:
    """Divisors of a positive integer, ascending."""
    return [d for d in range(1, number + 1) if number % d == 0]
