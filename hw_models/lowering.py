"""From a network description to the order in which hardware computes it.

A description lists layers as papers do (convolution, pool, ReLU). Hardware wants each weight layer followed
at once by its activation quantiser, so that everything after it (pool, flatten, the next layer) moves narrow
integers. That is the same function: max-pooling and ReLU commute with every monotone quantiser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hw_models.spec import Conv, Flatten, Linear, MaxPool, NamedLayer, NetworkSpec, Relu, Shape
from toolkit.core.errors import BadOption
from toolkit.core.topology import Part

OperationKind = Literal["weight", "act", "pool", "flatten"]


@dataclass(frozen=True)
class Operation:
    """One operation of a segment.

    Attributes:
        name: full name, ``trunk0.conv0``; a quantiser is called after its ReLU (``trunk0.relu0``) or, where
            the description has none, after its place (``trunk1.quant0``).
        kind: "weight", "act", "pool" or "flatten".
        layer: the described layer; None for a quantiser without ReLU.
        input_shape, output_shape: of one frame, (C, H, W) or (F,).
        signed: an "act" whose values may be negative.
        classifier: a "weight" whose output are the logits.
        source: of an "act", the name of the weight layer it follows.
    """

    name: str
    kind: OperationKind
    layer: Conv | Linear | MaxPool | Relu | Flatten | None
    input_shape: Shape
    output_shape: Shape
    signed: bool = False
    classifier: bool = False
    source: str = ""

    @property
    def local_name(self) -> str:
        """The name inside its segment, ``conv0``."""
        return self.name.split(".", 1)[1]


def lower(spec: NetworkSpec) -> dict[Part, tuple[Operation, ...]]:
    """The operations of every segment of ``spec``, in the order trunk 0, head 0, trunk 1 ...

    Raises:
        BadOption: a ReLU that follows no weight layer of its segment.
    """
    return {part: _lower_segment(part, layers) for part, layers in spec.segments()}


def _lower_segment(part: Part, layers: tuple[NamedLayer, ...]) -> tuple[Operation, ...]:
    found: list[Operation] = []
    quantisers = 0
    for index, named in enumerate(layers):
        layer, shapes = named.layer, (named.input_shape, named.output_shape)
        if isinstance(layer, (Conv, Linear)):
            classifier = part.is_head and index == len(layers) - 1
            found.append(Operation(named.name, "weight", layer, *shapes, classifier=classifier))
            if classifier:
                continue
            relu = _relu_of(layers[index + 1 :])
            name = relu.name if relu else f"{part}.quant{quantisers}"
            quantisers += relu is None
            out, act = named.output_shape, relu.layer if relu else None
            found.append(Operation(name, "act", act, out, out, signed=relu is None, source=named.name))
        elif isinstance(layer, MaxPool):
            found.append(Operation(named.name, "pool", layer, *shapes))
        elif isinstance(layer, Flatten):
            found.append(Operation(named.name, "flatten", layer, *shapes))
        elif not any(one.name == named.name for one in found):
            raise BadOption(
                f"layer {named.name}", expected="a convolution or linear layer before it in its segment"
            )
    return tuple(found)


def _relu_of(following: Sequence[NamedLayer]) -> NamedLayer | None:
    """The ReLU that belongs to a weight layer: the first one before the next weight layer."""
    for named in following:
        if isinstance(named.layer, (Conv, Linear)):
            return None
        if isinstance(named.layer, Relu):
            return named
    return None
