"""Applies foldings to a hardware chain, and lists the candidates.

Every unit, a layer or a product with the window generator in front of it, has finitely many foldings
(divisors of its dimensions). Given a number of cycles per frame, the cheapest one that meets it is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import Any

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from toolkit.boards import Board
from toolkit.compile.folding.candidates import Attributes, Candidate, Folding, Unit
from toolkit.compile.legal import HARDWARE
from toolkit.compile.segment import PRODUCTS
from toolkit.core.errors import BadOption, FoldingUnreachable
from toolkit.families.resources import Resources


def fold(model: ModelWrapper, folding: int | Folding, graph: str) -> ModelWrapper:
    """Set the folding attributes of every node.

    Args:
        model: specialised chain; changed in place.
        folding: largest number of cycles per frame of a node, or the attributes of every node.
        graph: name of the graph for messages.

    Raises:
        FoldingUnreachable: names the slowest node and the smallest number of cycles that can be reached.
        BadOption: the folding belongs to another graph.
    """
    chosen = folding if not isinstance(folding, int) else _cheapest(candidates(model), folding, graph)
    if len(chosen) != len(model.graph.node):
        raise BadOption(f"folding of {graph}", expected=f"{len(model.graph.node)} nodes", found=len(chosen))
    for node, attributes in zip(model.graph.node, chosen, strict=True):
        op = getCustomOp(node)
        if unknown := {name for name, _ in attributes} - set(op.get_nodeattr_types()):
            raise BadOption(f"folding of {node.name} in {graph}", found=f"no attribute {sorted(unknown)}")
        for name, value in attributes:
            op.set_nodeattr(name, value)
    return model


def _cheapest(units: Iterable[Unit], target: int, graph: str) -> Folding:
    best, slowest, chosen = 0, "", []
    for unit in units:
        fastest = min(unit.candidates, key=lambda candidate: candidate.cycles)
        if fastest.cycles > best:
            best, slowest = fastest.cycles, unit.name
        candidates = sorted(unit.candidates, key=lambda candidate: (candidate.cost, candidate.cycles))
        chosen.append(next((candidate for candidate in candidates if candidate.cycles <= target), fastest))
    if best > target:
        error = FoldingUnreachable(
            f"folding of {graph}",
            expected=f"{target} cycles per frame",
            found=f"at best {best}, limited by {slowest}",
            fix=f"Ask for {best} cycles or more.",
        )
        error.best = best
        raise error
    return tuple(attributes for candidate in chosen for attributes in candidate.attributes)


def candidates(model: ModelWrapper, on: Board | None = None) -> list[Unit]:
    """Return every unit of a specialised chain with its candidates; changes the folding of ``model``.

    Args:
        model: specialised chain.
        on: board to estimate resources for, whose estimator also gives the variants of products; None: no
            resources are estimated.
    """
    units, nodes = [], list(model.graph.node)
    while nodes:
        count = 2 if len(nodes) > 1 and nodes[0].op_type == "Window_rtl" else 1
        mine, nodes = nodes[:count], nodes[count:]
        units.append(Unit(mine[-1].name, tuple(_unit_candidates(mine, model, on))))
    return units


def _unit_candidates(
    nodes: Sequence[NodeProto], model: ModelWrapper, on: Board | None
) -> Iterator[Candidate]:
    """Yield foldings of the last node; a window generator before it gets the number of lanes it reads."""
    ops = [getCustomOp(node) for node in nodes]
    *before, op = ops
    variants = on.estimator.variants if on else ()
    for attributes, cost in _foldings(op, HARDWARE[op.onnx_node.op_type], variants):
        for name, value in attributes:
            op.set_nodeattr(name, value)
        lanes: Attributes = (("SIMD", dict(attributes)["SIMD"]),) if before else ()
        for window in before:
            window.set_nodeattr(*lanes[0])
        yield Candidate(
            attributes=(*[lanes for _ in before], attributes),
            cycles=max(int(each.get_exp_cycles()) for each in ops),
            cost=cost,
            resources=_estimate(ops, model, on) if on else Resources(),
        )


def _foldings(op: Any, kind: str, variants: Sequence[str]) -> Iterator[tuple[Attributes, int]]:
    """Yield attributes with a cost that only serves to order them."""
    if kind in PRODUCTS:
        for attributes, cost in _mvau_foldings(op) if kind == "mvau" else _depthwise_foldings(op):
            for made in variants:
                yield (*attributes, ("resType", made)), cost
            if not variants:
                yield attributes, cost
    elif kind == "window":
        yield from _window_foldings(op)
    else:
        name = "SIMD" if kind == "padding" else "PE"
        channels = op.get_nodeattr("NumChannels" if kind in ("padding", "threshold") else "Channels")
        for lanes in divisors(channels):
            yield ((name, lanes),), lanes


def _mvau_foldings(op: Any) -> Iterator[tuple[Attributes, int]]:
    """Yield foldings of a product; the cost counts multipliers first, then stream width and accumulators."""
    element, accumulator = op.get_input_datatype(0).bitwidth(), op.get_output_datatype().bitwidth()
    for pe in divisors(op.get_nodeattr("MH")):
        for simd in divisors(op.get_nodeattr("MW")):
            yield (("PE", pe), ("SIMD", simd)), pe * simd * 1024 + simd * element + 2 * pe * accumulator


def _depthwise_foldings(op: Any) -> Iterator[tuple[Attributes, int]]:
    """Yield foldings of a depthwise product: channels of one tap per beat, or whole taps."""
    channels = op.get_nodeattr("Channels")
    for pe in divisors(channels):
        for taps in divisors(op.get_nodeattr("Taps")) if pe == channels else (1,):
            yield (("PE", pe), ("SIMD", pe * taps)), pe * taps


def _window_foldings(op: Any) -> Iterator[tuple[Attributes, int]]:
    """Yield foldings of FINN+'s window generator: channels of one pixel per beat, or the whole window."""
    channels = op.get_nodeattr("IFMChannels")
    kernel = prod(int(k) for k in op.get_nodeattr("ConvKernelDim"))
    for lanes in divisors(channels):
        for parallel in (0, 1) if lanes == channels else (0,):
            yield (("SIMD", lanes), ("parallel_window", parallel)), lanes * (kernel if parallel else 1)


def _estimate(ops: Sequence[Any], model: ModelWrapper, on: Board) -> Resources:
    total = Resources()
    for op in ops:
        total = total.plus(on.estimator.estimate(op, HARDWARE[op.onnx_node.op_type], model, on.part))
    return total


def divisors(number: int) -> list[int]:
    """Return the divisors of a positive integer, ascending."""
    return [d for d in range(1, number + 1) if number % d == 0]
