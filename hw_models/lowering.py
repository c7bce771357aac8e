"""From a network description to the order in which hardware computes it.

A description lists layers as papers do (convolution, pool, ReLU). Hardware wants each weight layer followed
at once by its activation quantiser, so that everything after it (pool, flatten, the next layer) moves narrow
integers. That is the same function: max-pooling and ReLU commute with every monotone quantiser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hw_models.spec import Conv, Flatten, Linear, MaxPool, NamedLayer, NetworkSpec, Relu, Shape
from toolkit.core.errors import BadOption

StepKind = Literal["weight", "act", "pool", "flatten"]


@dataclass(frozen=True)
class Step:
    """One operation of a segment.

    Attributes:
        name: full name, ``trunk0.conv0``; a quantiser is called after its ReLU (``trunk0.relu0``) or, where
        the
            description has none, after its place (``trunk1.quant0``).
        kind: "weight", "act", "pool" or "flatten".
        layer: the described layer; None for a quantiser without ReLU.
        input_shape, output_shape: of one frame, (C, H, W) or (F,).
        signed: an "act" whose values may be negative.
        classifier: a "weight" whose output are the logits.
        source: of an "act", the name of the weight layer it follows.
    """

    name: str
    kind: StepKind
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


def lower(spec: NetworkSpec) -> dict[str, tuple[Step, ...]]:
    """The steps of every segment of ``spec``, keyed ``trunk0``, ``head0``, ``trunk1`` ...

    Raises:
        BadOption: a ReLU that follows no weight layer of its segment.
    """
    return {name: _lower_segment(name, layers) for name, layers in spec.segments()}


def _lower_segment(segment: str, layers: tuple[NamedLayer, ...]) -> tuple[Step, ...]:
    steps: list[Step] = []
    quantisers = 0
    pending = list(layers)
    for index, named in enumerate(pending):
        layer = named.layer
        if isinstance(layer, (Conv, Linear)):
            classifier = segment.startswith("head") and index == len(pending) - 1
            steps.append(
                Step(
                    named.name, "weight", layer, named.input_shape, named.output_shape, classifier=classifier
                )
            )
            if classifier:
                continue
            relu = _relu_of(pending[index + 1 :])
            name = relu.name if relu else f"{segment}.quant{quantisers}"
            quantisers += relu is None
            shape = named.output_shape
            steps.append(
                Step(
                    name,
                    "act",
                    relu.layer if relu else None,
                    shape,
                    shape,
                    signed=relu is None,
                    source=named.name,
                )
            )
        elif isinstance(layer, MaxPool):
            steps.append(Step(named.name, "pool", layer, named.input_shape, named.output_shape))
        elif isinstance(layer, Flatten):
            steps.append(Step(named.name, "flatten", layer, named.input_shape, named.output_shape))
        elif not any(step.name == named.name for step in steps):
            raise BadOption(
                f"layer {named.name}", expected="a convolution or linear layer before it in its segment"
            )
    return tuple(steps)


def _relu_of(following: list[NamedLayer]) -> NamedLayer | None:
    """The ReLU that belongs to a weight layer: the first one before the next weight layer."""
    for named in following:
        if isinstance(named.layer, (Conv, Linear)):
            return None
        if isinstance(named.layer, Relu):
            return named
    return None
