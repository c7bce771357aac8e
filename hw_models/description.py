"""The description of a network as JSON, as it travels in checkpoints and runs.

Equal networks have equal descriptions: what is a layer's default is left out, and one number stands for two
equal ones.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from pydantic import TypeAdapter

from hw_models.residual import Element, Residual
from hw_models.spec import AvgPool, BatchNorm, Conv, Dropout, Flatten, Linear, MaxPool, NetworkSpec, Relu
from hw_models.task import TaskName
from toolkit.core.artifact import Record, parse, sha256_json
from toolkit.core.errors import ArtifactError
from toolkit.core.reading import parse_json, reading

LAYERS: Mapping[str, type[Element]] = {
    kind.kind: kind for kind in (Conv, Linear, BatchNorm, MaxPool, AvgPool, Relu, Flatten, Dropout, Residual)
}
"""The layers by the names of their kinds."""


_CLASSIFICATION: TaskName = "classification"


class _Network(Record):
    """A network in JSON; layers are mappings with their kind, ``classes`` are the outputs of any task."""

    name: str
    input_shape: tuple[int, int, int]
    classes: int
    exit_weights: tuple[float, ...]
    task: TaskName = _CLASSIFICATION
    groups: int = 1
    trunks: tuple[tuple[dict[str, Any], ...], ...]
    heads: tuple[tuple[dict[str, Any], ...], ...]


class _Block(Record):
    """The branches of a residual block in JSON."""

    main: tuple[dict[str, Any], ...]
    shortcut: tuple[dict[str, Any], ...] = ()


def describe_network(spec: NetworkSpec) -> dict[str, Any]:
    """Return the description of a network, JSON types."""
    return {
        "name": spec.name,
        "input_shape": list(spec.input_shape),
        "classes": spec.outputs,
        **({} if spec.task == _CLASSIFICATION else {"task": spec.task}),
        **({} if spec.groups == 1 else {"groups": spec.groups}),
        "exit_weights": [float(weight) for weight in spec.exit_weights],
        "trunks": [[_layer_to_json(layer) for layer in layers] for layers in spec.trunks],
        "heads": [[_layer_to_json(layer) for layer in layers] for layers in spec.heads],
    }


def digest(spec: NetworkSpec) -> str:
    """Return the SHA-256 of a network's description."""
    return sha256_json(describe_network(spec))


def network_of(value: object, what: str) -> NetworkSpec:
    """Return the network that a description is of; nothing in it is looked up or run.

    Args:
        what: name of the description in messages.

    Raises:
        ArtifactError: it is damaged.
        BadOption: its layers do not fit together, or of which no hardware can be made.
    """
    found = parse(_Network, value, what)
    trunks, heads = (
        tuple(tuple(_layer_of(layer, what) for layer in layers) for layers in chains)
        for chains in (found.trunks, found.heads)
    )
    return NetworkSpec(
        *(found.name, found.input_shape, found.classes, trunks, heads, found.exit_weights),
        task=found.task,
        groups=found.groups,
    )


def _layer_to_json(layer: Element) -> dict[str, Any]:
    if isinstance(layer, Residual):
        branches = {"main": layer.main, "shortcut": layer.shortcut}
        return {"kind": layer.kind, **{name: [*map(_layer_to_json, one)] for name, one in branches.items()}}
    values: dict[str, Any] = {"kind": layer.kind}
    for one in fields(layer):
        value = getattr(layer, one.name)
        if isinstance(value, tuple):
            value = value[0] if value[0] == value[1] else list(value)
        if one.default is MISSING or value != one.default:
            values[one.name] = value
    if values.get("stride") == values.get("kernel") and isinstance(layer, (MaxPool, AvgPool)):
        values.pop("stride", None)
    return values


def _layer_of(value: Mapping[str, Any], what: str) -> Element:
    kind, given = value.get("kind"), {name: one for name, one in value.items() if name != "kind"}
    layer = LAYERS.get(str(kind))
    if layer is None:
        raise ArtifactError(f"{what}: a layer", expected=f"one of {', '.join(LAYERS)}", found=kind)
    if unknown := sorted(set(given) - {one.name for one in fields(layer)}):
        raise ArtifactError(f"{what}: {kind}", expected="known fields", found=", ".join(unknown))
    if layer is Residual:
        block = parse(_Block, given, what)
        branches = (block.main, block.shortcut)
        layers = (tuple(_layer_of(one, what) for one in branch) for branch in branches)
        return Residual(*layers)  # type: ignore[arg-type]  # it refuses a block in a branch itself
    with reading(f"{what}: {kind}", "the fields of such a layer"):
        made: Element = _reader(layer.kind).validate_json(json.dumps(given), strict=True)
    return made


@functools.cache
def _reader(kind: str) -> TypeAdapter[Element]:
    return TypeAdapter(LAYERS[kind])


@dataclass(frozen=True)
class OwnNetwork:
    """A user's own network, as a run records it.

    Attributes:
        network: the network.
        modules: path of the module, in the user's own network, by the name of each layer that is one.
    """

    network: NetworkSpec
    modules: Mapping[str, str] = field(default_factory=dict)

    def to_text(self) -> str:
        """Return it as JSON in one line, the inverse of :meth:`of_text`."""
        return json.dumps({"network": describe_network(self.network), "modules": dict(self.modules)})

    @classmethod
    def of_text(cls, text: str, what: str) -> OwnNetwork:
        """Read it; raises the errors of :func:`network_of`."""
        with reading(what, "a network's description"):
            value = parse(_Own, parse_json(text), what)
        return cls(network_of(value.network, what), value.modules)


class _Own(Record):
    """A user's own network in JSON."""

    network: dict[str, Any]
    modules: dict[str, str]
