"""The description of a network as data: segments of layers, exits. No PyTorch.

A :class:`NetworkSpec` lists one *trunk* and one *head* per exit. Trunk ``k`` holds the backbone layers
between exit ``k - 1`` and exit ``k``; head ``k`` classifies the output of trunk ``k``. The quantised and the
float network are built from the same description, so they cannot drift apart.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import isfinite

from hw_models.layers import (
    AvgPool,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    MaxPool,
    Pair,
    Relu,
    Shape,
    pair,
)
from hw_models.residual import Element, Residual, pieces
from hw_models.task import FORMS, TaskForm, TaskName
from toolkit.core.errors import BadOption, UnknownName
from toolkit.core.groups import MOST_ANSWERS
from toolkit.core.topology import Part, Topology, head

__all__ = [
    "NAME",
    "AvgPool",
    "BatchNorm",
    "Conv",
    "Dropout",
    "Element",
    "Flatten",
    "Layer",
    "Linear",
    "MaxPool",
    "NamedLayer",
    "NetworkSpec",
    "Pair",
    "Relu",
    "Residual",
    "Shape",
    "pair",
]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""Names of networks, which become part of the names of folders and files."""


@dataclass(frozen=True)
class NamedLayer:
    """A layer of a segment: full name (``trunk0.conv0``), shapes of one frame before and after it."""

    name: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape


@dataclass(frozen=True)
class NetworkSpec:
    """An early-exit network.

    Args:
        name: name on the command line.
        input_shape: shape (C, H, W) of one frame.
        outputs: number of outputs of every exit; of a network that classifies, its classes in all groups.
        trunks: layers of trunk 0, 1, ...
        heads: layers of head 0, 1, ...; each ends in a ``Linear`` to ``outputs``.
        exit_weights: weight of each exit in the joint training loss.
        task: what the outputs are for.
        groups: groups of outputs, of equal size, each of which names a class; 1 but for task ``sequence``.

    Raises:
        BadOption: layers that do not fit together or the task, or of which no hardware can be made; names
            layer or part.
        UnknownName: there is no such task.
    """

    name: str
    input_shape: tuple[int, int, int]
    outputs: int
    trunks: tuple[tuple[Element, ...], ...]
    heads: tuple[tuple[Element, ...], ...]
    exit_weights: tuple[float, ...] = field(default=())
    task: TaskName = "classification"
    groups: int = 1

    def __post_init__(self) -> None:
        counts = {len(self.trunks), len(self.heads), len(self.exit_weights)}
        if len(counts) != 1 or not self.trunks:
            raise BadOption(
                f"network '{self.name}'",
                expected="one trunk, head and loss weight per exit",
                found=f"{len(self.trunks)} trunks, {len(self.heads)} heads, {len(self.exit_weights)} weights",
            )
        if not NAME.fullmatch(self.name):
            raise BadOption(
                "name of a network", expected="letters, digits and _, at most 64", found=repr(self.name)
            )
        for k, layers in enumerate(self.heads):
            if not layers or not isinstance(layers[-1], Linear) or layers[-1].out_features != self.outputs:
                raise BadOption(
                    f"{head(k)} of network '{self.name}'", expected=f"a last layer Linear({self.outputs})"
                )
        if len(self.input_shape) != 3 or min(self.input_shape) < 1:
            raise BadOption(
                f"images of network '{self.name}'", expected="shape (C, H, W)", found=self.input_shape
            )
        if not all(isfinite(weight) and weight >= 0 for weight in self.exit_weights):
            raise BadOption(
                f"loss weights of network '{self.name}'",
                expected="finite numbers, not negative",
                found=self.exit_weights,
            )
        self._require_task()
        whole = itertools.groupby(self.segments(), key=lambda segment: segment[0].whole)
        for part, segments in whole:  # computes every shape, so layers that do not fit are refused
            _require_hardware(part, [named for _, named in segments], self.name)

    def _require_task(self) -> None:
        """Refuse exits and outputs that are not those of the task."""
        if self.task not in FORMS:
            raise UnknownName.among("task", self.task, FORMS)
        form, what = self.form, f"network '{self.name}' for {self.task}"
        if form.one_exit and self.exits > 1:
            why = f"{form.one_exit[0].upper()}{form.one_exit[1:]}."
            raise BadOption(what, expected="one exit", found=self.exits, fix=why)
        wanted = form.outputs_of(self.input_shape, self.outputs)
        if self.outputs != wanted:
            each = ", one for each element of its input" if form.of_input else ""
            expected = f"{wanted} outputs{each}" if form.of_input else "one output"
            raise BadOption(what, expected=expected, found=self.outputs)
        self._require_groups(what)

    def _require_groups(self, what: str) -> None:
        """Refuse groups that are not those of the task, or that do not share the outputs evenly."""
        if not self.form.grouped:
            if self.groups != 1:
                raise BadOption(what, expected="one group of outputs", found=self.groups)
        elif self.groups < 2 or self.outputs % self.groups or self.outputs < 2 * self.groups:
            raise BadOption(
                what,
                expected="at least two groups of outputs, of two or more and of equal size",
                found=f"{self.outputs} outputs in {self.groups}",
            )
        elif (self.outputs // self.groups) ** self.groups > MOST_ANSWERS:
            raise BadOption(
                what,
                expected=f"at most {MOST_ANSWERS} answers",
                found=f"{self.groups} groups of {self.outputs // self.groups}",
            )

    @property
    def form(self) -> TaskForm:
        """What the task asks of a network's form."""
        return FORMS[self.task]

    @property
    def exits(self) -> int:
        """Number of exits."""
        return len(self.trunks)

    @property
    def topology(self) -> Topology:
        """Parts of the network and how they are connected."""
        parts = [part for whole in Topology(self.exits) for part, _ in pieces(whole, self._layers(whole))]
        return Topology.of(parts)

    def backbone(self) -> NetworkSpec:
        """Return the network without early exits: one trunk with all layers, and the last head."""
        trunk = tuple(layer for trunk in self.trunks for layer in trunk)
        name = f"{self.name}_backbone"
        return replace(self, name=name, trunks=(trunk,), heads=self.heads[-1:], exit_weights=(1.0,))

    def segments(self) -> Iterator[tuple[Part, tuple[NamedLayer, ...]]]:
        """Yield trunk 0, head 0, trunk 1, head 1, ... with their layers; of those that are cut the pieces."""
        for part, _, layers in self._shaped():
            yield part, layers

    def input_shapes(self) -> dict[Part, Shape]:
        """Return the shape of one frame of every part's input."""
        return {part: shape for part, shape, _ in self._shaped()}

    def _layers(self, whole: Part) -> tuple[Element, ...]:
        return (self.heads if whole.is_head else self.trunks)[whole.k]

    def _shaped(self) -> Iterator[tuple[Part, Shape, tuple[NamedLayer, ...]]]:
        """Yield the parts with the shape of their input, and their layers."""
        topology, outputs = self.topology, dict[Part, Shape]()
        for whole in Topology(self.exits):
            for part, layers in pieces(whole, self._layers(whole)):
                given = {source: outputs[source] for source in topology.sources(part)}
                shape = next(iter(given.values()), self.input_shape)
                if any(other != shape for other in given.values()):
                    raise BadOption(
                        f"residual in {whole} of network '{self.name}'",
                        expected="branches that give one shape",
                        found=" and ".join(f"{shape} ({source})" for source, shape in given.items()),
                    )
                named = _name_layers(part, layers, shape)
                outputs[part] = named[-1].output_shape if named else shape
                yield part, shape, named


def _require_hardware(part: Part, segments: list[tuple[NamedLayer, ...]], network: str) -> None:
    """Refuse what cannot be hardware: a part with nothing to do, a flattened map at a segment's end."""
    layers = tuple(itertools.chain(*segments))
    if not any(isinstance(named.layer, (Conv, Linear, MaxPool, AvgPool)) for named in layers):
        raise BadOption(
            f"{part} of network '{network}'",
            expected="at least one convolution, linear layer or pool",
            found=", ".join(named.layer.kind for named in layers) or "no layer",
            fix="Two exits with nothing between them are one.",
        )
    for segment in segments:
        _require_ends(segment)


def _require_ends(layers: tuple[NamedLayer, ...]) -> None:
    for index, named in enumerate(layers):
        before = layers[index - 1].layer if index else None
        if isinstance(named.layer, BatchNorm) and not isinstance(before, (Conv, Linear)):
            raise BadOption(
                f"layer {named.name}",
                expected="a convolution or linear layer directly before it, in its segment",
                found="none" if before is None else before.kind,
                fix="Batch normalisation is folded into the layer before it; it has no hardware of its own.",
            )
        passive = (Relu, Flatten, Dropout)
        following = [after.layer for after in layers[index + 1 :] if not isinstance(after.layer, passive)]
        flattens = isinstance(named.layer, Flatten) and len(named.input_shape) == 3
        if (flattens or isinstance(named.layer, Dropout)) and not following:
            reader = "linear layer" if flattens else "layer with weights or a pool"
            raise BadOption(
                f"layer {named.name}",
                expected=f"a {reader} after it in its segment",
                found="the segment's end",
                fix="Move it to the segments with the layers that read it.",
            )


def _name_layers(part: Part, layers: tuple[Layer, ...], shape: Shape) -> tuple[NamedLayer, ...]:
    counts: dict[str, int] = {}
    named = []
    for layer in layers:
        index = counts.setdefault(layer.kind, 0)
        counts[layer.kind] += 1
        name = f"{part}.{layer.kind}{index}"
        try:
            out = layer.output_shape(shape)
        except BadOption as error:
            raise error.renamed(f"layer {name}: {error.what}") from None
        named.append(NamedLayer(name, layer, shape, out))
        shape = out
    return tuple(named)
