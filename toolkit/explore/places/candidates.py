"""The places of a backbone where an exit could sit, and the head that is tried at each. No PyTorch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

import hw_models
from hw_models.attach import backbone_elements, with_exits
from hw_models.residual import Element
from hw_models.spec import BatchNorm, Conv, Dropout, Flatten, Layer, Linear, MaxPool, NetworkSpec, Relu, Shape
from toolkit.core.errors import BadOption, UnknownName
from toolkit.core.topology import Part, head, trunk

HEADS = {
    "pool": "a max-pool to at most 4x4 and a linear layer",
    "linear": "a linear layer",
    "conv": "a 3x3 convolution to 16 channels, ReLU, a max-pool to at most 4x4 and a linear layer",
}
"""Heads to try, with their layers in words."""
_SIDE, _CHANNELS = 4, 16
_PASSIVE = (BatchNorm, Relu, Flatten, Dropout)
"""Layers without work of their own: behind another, or in what reads their values."""


def require_head(kind: str) -> None:
    """Raise UnknownName if no head is called so."""
    if kind not in HEADS:
        raise UnknownName.among("head", kind, HEADS)


def head_of(kind: str, shape: Shape, classes: int) -> tuple[Layer, ...]:
    """Return the head ``kind`` for values of this shape, (C, H, W) or (F,)."""
    if len(shape) == 1:
        return (Linear(classes),)
    height, width = (-(-size // _SIDE) for size in shape[1:])
    pool = () if kind == "linear" or height == width == 1 else (MaxPool((height, width)),)
    first = (Conv(_CHANNELS, 3, padding=1), Relu()) if kind == "conv" else ()
    return (*first, *pool, Flatten(), Linear(classes))


@dataclass(frozen=True)
class CandidatePlaces:
    """The places of a backbone.

    Attributes:
        backbone: network with one exit.
        kind: head that is tried, of :data:`HEADS`.
        after: names of the layers behind which an exit could sit, in order.
        modules: paths of the layers in the user's own network, by name; empty for a network of this package.
        left_out: whether the network has exits, which are left out.
    """

    backbone: NetworkSpec
    kind: str
    after: tuple[str, ...]
    modules: Mapping[str, str] = field(default_factory=dict)
    left_out: bool = False

    @classmethod
    def of(
        cls,
        network: NetworkSpec,
        kind: str = "pool",
        after: Sequence[str] = (),
        modules: Mapping[str, str] | None = None,
    ) -> CandidatePlaces:
        """Find the places of a network; exits that it has are left out.

        Args:
            kind: head to try.
            after: layers to look behind, by name or by path; empty: all.
            modules: paths of the network's layers in the user's own, by name.

        Raises:
            UnknownName: there is no such head, or no such layer.
            BadOption: no exit can sit behind a layer, or behind any.
        """
        require_head(kind)
        if network.form.one_exit or network.form.grouped:
            why = f": {network.form.one_exit}" if network.form.one_exit else ""
            raise BadOption(
                f"places for an exit in {network.name}",
                expected="a network for classification",
                found=f"one for {network.task}{why}",
            )
        backbone = network if network.exits == 1 else network.backbone()
        named, known = backbone_elements(backbone), modules or {}
        pairs = zip(backbone_elements(network), named, strict=True)
        paths = {new.name: known[old.name] for old, new in pairs if known.get(old.name)}
        found = [named[cut - 1].name for cut in _cuts([one.element for one in named])]
        if not found:
            raise BadOption(
                f"places for an exit in {network.name}",
                expected="a backbone of at least two layers with weights or pools before its last classifier",
                found="none, behind which another follows",
            )
        wanted = {_named(one, [one.name for one in named], paths) for one in after}
        if wrong := sorted(wanted - set(found)):
            expected = f"one of {', '.join(_both(name, paths) for name in found)}"
            raise BadOption(f"exit after {wrong[0]}", expected=expected, found="no place for one")
        chosen = tuple(name for name in found if not wanted or name in wanted)
        return cls(backbone, kind, chosen, paths, network.exits > 1)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Shape of one frame at each place."""
        shapes = {one.name: one.output_shape for one in backbone_elements(self.backbone)}
        return tuple(shapes[name] for name in self.after)

    @property
    def heads(self) -> tuple[tuple[Layer, ...], ...]:
        """Head at each place."""
        return tuple(self.head_at(place, self.kind) for place in range(len(self.after)))

    def network(
        self, places: Sequence[int] | None = None, kinds: Sequence[str] | None = None, name: str = ""
    ) -> NetworkSpec:
        """Return the backbone with exits at these places.

        Args:
            places: indices, in order; None: all.
            kinds: head of each, of :data:`HEADS`; None: the one that is tried.
            name: name of the network; by default the backbone's with ``_exits``.
        """
        chosen = range(len(self.after)) if places is None else places
        after, each = [self.after[k] for k in chosen], kinds or [self.kind] * len(chosen)
        heads = [self.head_at(k, kind) for k, kind in zip(chosen, each, strict=True)]
        weights = [1.0] * (len(after) + 1)
        return with_exits(self.backbone, name or f"{self.backbone.name[:58]}_exits", after, heads, weights)

    def head_at(self, place: int, kind: str) -> tuple[Layer, ...]:
        """Return the head of a kind at a place."""
        return head_of(kind, self.shapes[place], self.backbone.outputs)

    @cached_property
    def static(self) -> int:
        """Multiply-accumulates of the backbone without early exit."""
        return hw_models.static_baseline_macs(self.backbone)

    @cached_property
    def to_exit(self) -> tuple[int, ...]:
        """Multiply-accumulates of a frame up to the exit at each place, if no other has a head."""
        return tuple(trunk + own for trunk, own in zip(self._trunks, self._heads, strict=True))

    def costs(self, places: Sequence[int]) -> tuple[int, ...]:
        """Return the multiply-accumulates of a frame that leaves at each exit of a set, the last one last."""
        heads = [*accumulate(self._heads[k] for k in places)]
        early = [self._trunks[k] + spent for k, spent in zip(places, heads, strict=True)]
        return (*early, self.static + sum(heads[-1:]))

    @cached_property
    def _heads(self) -> list[int]:
        return [self._macs[head(k)] for k in range(len(self.after))]

    @cached_property
    def _trunks(self) -> list[int]:
        return [*accumulate(self._macs[trunk(k)] for k in range(len(self.after)))]

    @cached_property
    def _macs(self) -> Counter[Part]:
        """Multiply-accumulates of each trunk and head of the network with all exits."""
        found = Counter[Part]()
        for part, macs in hw_models.segment_macs(self.network()).items():
            found[part.whole] += macs
        return found

    def shown(self, place: int) -> str:
        """Return a place as messages name it: by its path in the user's network, else by the layer's name."""
        return self.modules.get(self.after[place], self.after[place])

    def code(self, places: Sequence[int]) -> str:
        """Return the call that attaches exits at these places, to be pasted; empty if no module is there."""
        heads = [self.heads[k] for k in places]
        if not self.modules:
            texts = ", ".join(f"[{', '.join(map(_text, layers))}]" for layers in heads)
            after = [self.after[k] for k in places]
            start = f'with_exits(hw_models.get("{self.backbone.name}"), "{self.network(places).name}"'
            return f"{start}, after={after}, head=[{texts}], exit_weights={[1.0] * (len(after) + 1)})"
        if any(self.after[k] not in self.modules for k in places):
            return ""
        texts = ", ".join(f"nn.Sequential({', '.join(map(_module, layers))})" for layers in heads)
        call = f"offramp.attach_exits(model, after={[self.shown(k) for k in places]}, head=[{texts}])"
        return f"{call}  # model: without the exits that it has" if self.left_out else call


def _cuts(elements: Sequence[Element]) -> list[int]:
    """Return how many layers and blocks of the trunk come before each place.

    A place is where a layer with work of its own follows another; Flatten and Dropout go with what follows.
    """
    found = []
    for at, one in enumerate(elements):
        if not isinstance(one, _PASSIVE):
            cut = at
            while cut and isinstance(elements[cut - 1], (Flatten, Dropout)):
                cut -= 1
            if not all(isinstance(before, _PASSIVE) for before in elements[:cut]):
                found.append(cut)
    return found


def _named(given: str, names: Sequence[str], paths: Mapping[str, str]) -> str:
    """Return the name of a layer that is given by name or path."""
    by_path = {path: name for name, path in paths.items()}
    if given not in names and given not in by_path:
        raise UnknownName.among("layer", given, [*names, *by_path])
    return by_path.get(given, given)


def _both(name: str, paths: Mapping[str, str]) -> str:
    return f"{paths[name]} ({name})" if name in paths else name


def _text(layer: Layer) -> str:
    if isinstance(layer, Conv):
        return f"Conv({layer.out_channels}, {layer.kernel}, padding={layer.padding})"
    if isinstance(layer, MaxPool):
        return f"MaxPool({layer.kernel})"
    return f"Linear({layer.out_features})" if isinstance(layer, Linear) else f"{type(layer).__name__}()"


def _module(layer: Layer) -> str:
    if isinstance(layer, Conv):
        return f"nn.LazyConv2d({layer.out_channels}, {layer.kernel}, padding={layer.padding})"
    if isinstance(layer, MaxPool):
        return f"nn.MaxPool2d({layer.kernel})"
    if isinstance(layer, Linear):
        return f"nn.LazyLinear({layer.out_features})"
    return "nn.ReLU()" if isinstance(layer, Relu) else "nn.Flatten()"
