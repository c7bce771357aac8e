"""Reorders the layers of a network description into the order in which hardware computes them.

A description lists layers as papers do (convolution, pool, ReLU). In hardware each weight layer is followed
directly by its activation quantiser, so that everything after it (pool, flatten, the next layer) processes
narrow integers. The function is the same: max-pooling and ReLU commute with every monotone quantiser.

A ReLU whose weight layer lies in an earlier segment reads the signed integers of that layer's quantiser; it
becomes an unsigned quantiser of its own, in its place. A ReLU of values that cannot be negative is left out.
A dropout is part of the operation that reads its values, in training only; a batch normalisation is part of
the layer before it.

Each branch of a residual block ends in a signed quantiser, and the two have one scale, so that hardware adds
integers. The sum is quantised as the output of a weight layer is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import Literal

from hw_models.quant import QuantConfig
from hw_models.spec import (
    AvgPool,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    MaxPool,
    NamedLayer,
    NetworkSpec,
    Relu,
    Shape,
    pair,
)
from toolkit.core.errors import BadOption
from toolkit.core.topology import Branch, Part, head

AVERAGE_BITS = 2
"""Bits of the weights of an average, which are 1."""
OperationKind = Literal["weight", "act", "pool", "flatten"]


@dataclass(frozen=True)
class Operation:
    """One operation of a segment.

    Attributes:
        name: full name, ``trunk0.conv0``; a quantiser is named after its ReLU (``trunk0.relu0``) or, without
            one in the description, by its position (``trunk1.quant0``).
        kind: "weight" (also an average, whose weights are equal), "act", "pool" or "flatten".
        layer: described layer; None for a quantiser without ReLU.
        input_shape, output_shape: shapes of one frame, (C, H, W) or (F,).
        signed: whether the values of an "act" may be negative.
        classifier: whether the output of a "weight" are the logits.
        source: for an "act", name of the weight layer that it follows; empty for one of an earlier segment.
        dropout: share of its inputs that are 0 in training.
        norm: batch normalisation of the outputs of a "weight".
        shared: name of the "act" whose quantiser this one is, in the other branch of a residual block.
    """

    name: str
    kind: OperationKind
    layer: Layer | None
    input_shape: Shape
    output_shape: Shape
    signed: bool = False
    classifier: bool = False
    source: str = ""
    dropout: float = 0.0
    norm: NamedLayer | None = None
    shared: str = ""

    @property
    def local_name(self) -> str:
        """Name inside the segment, ``conv0``."""
        return self.name.split(".", 1)[1]


def lower(spec: NetworkSpec) -> dict[Part, tuple[Operation, ...]]:
    """Return the operations of every segment of ``spec``, in the order trunk 0, head 0, trunk 1 ..."""
    topology, shapes = spec.topology, spec.input_shapes()
    found: dict[Part, tuple[Operation, ...]] = {}
    signed: dict[Part, bool] = {}
    for part, layers in spec.segments():
        sources = topology.sources(part)
        given = any(signed[source] for source in sources)  # the image is not
        computed = tuple(named for named in layers if not isinstance(named.layer, Dropout))
        before = _quantised_sum(part, computed, shapes[part]) if len(sources) > 1 else ()
        classifies = part == topology.end(head(part.k))
        own = _lower_segment(part, computed, given, before, classifies=classifies)
        found[part] = (*before, *_dropped(layers, own))
        if part.branch:
            found[part] = _on_shared_scale(part, found[part], shapes[part], found)
        signed[part] = _signed(found[part], given)
    return found


def _quantised_sum(part: Part, layers: Sequence[NamedLayer], shape: Shape) -> tuple[Operation, ...]:
    """Return the quantiser of the sum that a piece reads."""
    relu = _relu_of(layers)
    name = relu.name if relu else f"{part}.quant0"
    return (Operation(name, "act", relu.layer if relu else None, shape, shape, signed=relu is None),)


def _on_shared_scale(
    part: Part, operations: tuple[Operation, ...], shape: Shape, known: Mapping[Part, tuple[Operation, ...]]
) -> tuple[Operation, ...]:
    """Return the operations of a branch with the signed quantiser of both branches at the end."""
    if not operations or operations[-1].kind != "act" or not operations[-1].signed:
        out = operations[-1].output_shape if operations else shape
        quantisers = sum(one.kind == "act" and one.layer is None for one in operations)
        last = Operation(f"{part}.quant{quantisers}", "act", None, out, out, signed=True)
        operations = (*operations, last)
    if part.branch == Branch.MAIN:
        return operations
    main = known[replace(part, branch=Branch.MAIN)][-1].name
    return (*operations[:-1], replace(operations[-1], shared=main))


def bit_widths(spec: NetworkSpec, quant: QuantConfig) -> dict[str, int]:
    """Return the bits of the weights of each "weight" operation and of the values of each "act", by name."""
    found: dict[str, int] = {}
    activations: dict[str, int] = {}  # by weight layer
    for operations in lower(spec).values():
        for one in operations:
            if one.kind == "weight":
                widths = quant.widths(one.name, first=not activations, classifier=one.classifier)
                if isinstance(one.layer, AvgPool):
                    widths = AVERAGE_BITS, widths[1]
                found[one.name], activations[one.name] = widths
            elif one.kind == "act":
                own = activations.get(one.source, quant.act_bits)
                found[one.name] = found[one.shared] if one.shared else own
    return found


def mean_factors(spec: NetworkSpec) -> dict[str, float]:
    """Return by what weights of the quantised network exceed those of the float one, by the layer's name.

    An average in hardware divides by a power of two; the layers that read it make up for the rest. Layers
    with equal weights are left out.

    Raises:
        BadOption: the branches of a residual block would not be on one scale.
    """
    topology, behind, found = spec.topology, dict[Part, Fraction](), dict[str, float]()
    for part, operations in lower(spec).items():
        factors = topology.read(part, behind, Fraction(1))
        if len(set(factors)) > 1:
            raise BadOption(
                f"residual before {part} of network '{spec.name}'",
                expected="averages over a power of two of positions, or a layer with weights behind them",
                found=" and ".join(str(factor) for factor in factors),
            )
        factor = factors[0]
        for one in operations:
            if isinstance(one.layer, AvgPool):
                factor *= Fraction(2**one.layer.exponent, prod(pair(one.layer.kernel)))
            elif one.kind == "weight":
                if factor != 1:
                    found[one.name] = float(factor)
                factor = Fraction(1)
        behind[part] = factor
    return found


def modules_of(spec: NetworkSpec) -> dict[str, str]:
    """Return the path of the module of each layer with parameters, by the layer's name.

    A batch normalisation belongs to the module of the layer before it.
    """
    found: dict[str, str] = {}
    for part, operations in lower(spec).items():
        for one in operations:
            if isinstance(one.layer, (Conv, Linear)):
                path = (f"{part.kind}s", str(part.k), part.label, one.local_name)
                found[one.name] = ".".join(filter(None, path))
                if one.norm is not None:
                    found[one.norm.name] = f"{found[one.name]}.norm"
    return found


def _lower_segment(
    part: Part,
    layers: tuple[NamedLayer, ...],
    signed: bool,
    before: Sequence[Operation],
    *,
    classifies: bool,
) -> tuple[Operation, ...]:
    """Return the operations of a segment's layers; ``before``: what is in front of them already."""
    found: list[Operation] = list(before)
    quantisers = sum(one.layer is None for one in before)
    for index, named in enumerate(layers):
        layer, shapes = named.layer, (named.input_shape, named.output_shape)
        if isinstance(layer, (Conv, Linear, AvgPool)):
            classifier = classifies and index == len(layers) - 1
            behind = layers[index + 1] if index + 1 < len(layers) else None
            norm = behind if behind and isinstance(behind.layer, BatchNorm) else None
            found.append(Operation(named.name, "weight", layer, *shapes, classifier=classifier, norm=norm))
            if classifier:
                continue
            relu = _relu_of(layers[index + 1 :])
            name = relu.name if relu else f"{part}.quant{quantisers}"
            quantisers += relu is None
            out, act = named.output_shape, relu.layer if relu else None
            negative = relu is None and (not isinstance(layer, AvgPool) or _signed(found, signed))
            found.append(Operation(name, "act", act, out, out, signed=negative, source=named.name))
        elif isinstance(layer, MaxPool):
            found.append(Operation(named.name, "pool", layer, *shapes))
        elif isinstance(layer, Flatten):
            if len(named.input_shape) == 1:
                continue  # flat already: nothing to do
            found.append(Operation(named.name, "flatten", layer, *shapes))
        elif isinstance(layer, Relu) and _signed(found, signed):
            # a ReLU whose weight layer lies before the branch
            found.append(Operation(named.name, "act", layer, *shapes))
    return tuple(found[len(before) :])


def _dropped(layers: Sequence[NamedLayer], operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Give each dropout to the first operation behind it."""
    found = list(operations)
    for index, named in enumerate(layers):
        if isinstance(named.layer, Dropout):
            behind = {after.name for after in layers[index + 1 :]}
            at = next(at for at, one in enumerate(found) if one.name in behind)
            kept = (1 - found[at].dropout) * (1 - named.layer.share)
            found[at] = replace(found[at], dropout=1 - kept)
    return tuple(found)


def _signed(operations: Sequence[Operation], signed: bool) -> bool:
    """Return whether values are signed after ``operations``; ``signed``: before them."""
    quantisers = [one for one in operations if one.kind == "act"]
    return quantisers[-1].signed if quantisers else signed


def _relu_of(following: Sequence[NamedLayer]) -> NamedLayer | None:
    """Return the ReLU of a weight layer: the first one before the next weight layer."""
    for named in following:
        if isinstance(named.layer, (Conv, Linear, AvgPool)):
            return None
        if isinstance(named.layer, Relu):
            return named
    return None
