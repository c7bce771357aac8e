"""Weights of a float network from a state dict of PyTorch: with the user's names, earlyexitnet's or our own.

Of a user's own network, layers are found by the names that they have there. Otherwise:
earlyexitnet (https://github.com/biggsbenjamin/earlyexitnet) calls trunk k ``backbone.k`` and head k
``exits.k``; below, names depend on how its containers are nested (``backbone.1.0.layer.0.weight``). So layers
are matched by their order within each trunk and head, and compared by their shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hw_models import NetworkSpec
from hw_models.floating import build_float
from hw_models.lowering import modules_of
from hw_models.network import PIXEL_SCALE
from toolkit.core.artifact import sha256_file
from toolkit.core.errors import ArtifactError, BadOption, CheckpointMismatch
from toolkit.core.reading import reading
from toolkit.train.checkpoint import FORMAT, Checkpoint, read_torch

OWN, FOREIGN = ("trunks", "heads"), ("backbone", "exits")
"""What the names of trunks and of heads begin with: in Offramp's networks, in earlyexitnet's."""
OWN_UNIT, FOREIGN_UNIT = round(1 / PIXEL_SCALE), 255
"""The pixel that is 1.0 for the network: Offramp's own, torchvision's ``ToTensor``."""
_WRAPPINGS = ("state_dict", "model_state_dict", "model")
_FIX = "Save model.state_dict() with torch.save, of PyTorch 1.6 or later."


@dataclass(frozen=True)
class FloatWeights:
    """Weights of a float network.

    Attributes:
        state: state dict of ``build_float(spec)``, float32 on the CPU.
        unit: pixel that was 1.0 in their training; ``state`` is for :data:`OWN_UNIT`.
        sha256: SHA-256 of their file.
    """

    state: Mapping[str, Tensor]
    unit: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Return file and unit, for the record."""
        return {"sha256": self.sha256, "unit": self.unit}


def _of_checkpoint(file: Path, spec: NetworkSpec, unit: int | None) -> FloatWeights:
    """Return the weights of a checkpoint of Offramp, of any dataset and bits: their quantised values."""
    checkpoint = Checkpoint.read(file)
    checkpoint.require(spec)
    if unit not in (None, OWN_UNIT):
        raise BadOption("--weights-unit of a checkpoint of Offramp", expected=OWN_UNIT, found=unit)
    return FloatWeights(checkpoint.build().unquantised(), OWN_UNIT, sha256_file(file))


def read_weights(
    file: Path,
    spec: NetworkSpec,
    unit: int | None = None,
    modules: Mapping[str, str] | None = None,
) -> FloatWeights:
    """Read the weights of ``spec`` from a file of PyTorch; code that it may contain is never run.

    Of a checkpoint of Offramp, of any dataset and bits, they are the quantised ones.

    The state dict may be wrapped in ``state_dict``, ``model_state_dict`` or ``model``, its names may have a
    prefix (``module.``), its tensors may be of half precision or from a GPU.

    Args:
        unit: pixel that was 1.0 in their training; None: 255, but 256 for Offramp's own names.
        modules: path of the module in the user's own network, by the name of each layer with parameters.

    Raises:
        ArtifactError: the file is missing or damaged, or holds no state dict.
        BadOption: another unit than that of a checkpoint of Offramp.
        CheckpointMismatch: tensors are missing, superfluous, misshapen or not finite; names all.
    """
    what = f"weights {file}"
    content = read_torch(file, what, "a state dict of PyTorch", _FIX)
    if isinstance(content, dict) and content.get("format") == FORMAT:
        return _of_checkpoint(file, spec, unit)
    with reading(what, "a state dict of PyTorch", fix=_FIX):
        tensors = _unwrapped(content, what)
        if (prefix := _prefix(tensors, modules or {})) is None:
            roots, groups, others = _grouped(tensors, what)
            pairs, left = _by_order(spec, roots, groups)
        else:
            roots, others = FOREIGN, []
            pairs, left = _by_name(spec, modules or {}, tensors, prefix)
        state = _fitted(spec, pairs, [*others, *left], what)
        if unit is None:
            unit = OWN_UNIT if roots == OWN else FOREIGN_UNIT
        for name in _first_weights(spec, state):
            state[name] = state[name] * (OWN_UNIT / unit)
    return FloatWeights(state, unit, sha256_file(file))


def _unwrapped(content: Any, what: str) -> dict[str, Any]:
    """Return the state dict itself, by name."""
    while isinstance(content, Mapping):
        inner = next((content[name] for name in _WRAPPINGS if isinstance(content.get(name), Mapping)), None)
        if inner is None:
            break
        content = inner
    if not isinstance(content, Mapping) or not any(isinstance(value, Tensor) for value in content.values()):
        found = "values without one" if isinstance(content, Mapping) else type(content).__name__
        raise ArtifactError(what, expected="a state dict of tensors", found=found, fix=_FIX)
    return {str(name): value for name, value in content.items()}


Layer = tuple[str, dict[str, Any]]
"""Name of a module, and its tensors by their last name."""


def _grouped(
    tensors: Mapping[str, Any], what: str
) -> tuple[tuple[str, str], dict[tuple[str, int], list[Layer]], list[str]]:
    """Sort tensors into parts.

    Returns:
        Roots of the names; (root, k) -> its modules, in their natural order; names that belong to no part.
    """
    pattern = re.compile(rf"(?:.*?\.)??({'|'.join((*OWN, *FOREIGN))})\.(\d+)\.(.+)")
    parts: dict[tuple[str, int], dict[str, dict[str, Any]]] = {}
    others = []
    for name in sorted(tensors, key=_natural):
        if (found := pattern.fullmatch(name)) is None:
            others.append(name)
            continue
        part = parts.setdefault((found[1], int(found[2])), {})
        module, _, last = name.rpartition(".")
        part.setdefault(module, {})[last] = tensors[name]
    roots = next((roots for roots in (OWN, FOREIGN) if any(root in roots for root, _ in parts)), None)
    if roots is None:
        expected = "names that begin with backbone.0 and exits.0, or trunks.0 and heads.0"
        raise CheckpointMismatch(what, expected=expected, found=", ".join(others[:4]))
    for place in [place for place in parts if place[0] not in roots]:
        others += [f"{module}.{last}" for module, layer in parts.pop(place).items() for last in layer]
    return roots, {part: list(modules.items()) for part, modules in parts.items()}, others


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Return a key by which ``10`` comes after ``9``."""
    pieces = re.findall(r"\d+|\D+", name)
    return [(not piece.isdecimal(), int(piece) if piece.isdecimal() else 0, piece) for piece in pieces]


Pairs = list[tuple[Layer | None, Layer | None]]
"""Layers of the network with those of the file; None where there is none."""


def _prefix(tensors: Mapping[str, Any], modules: Mapping[str, str]) -> str | None:
    """Return what stands before the names of the user's own modules; None if there are none of these."""
    names = [f"{module}.weight" for module in modules.values()]
    found = [name.removesuffix(end) for end in names for name in tensors if f".{name}".endswith(f".{end}")]
    return max(set(found), key=lambda prefix: (found.count(prefix), -len(prefix))) if found else None


def _by_name(
    spec: NetworkSpec, modules: Mapping[str, str], tensors: Mapping[str, Any], prefix: str
) -> tuple[Pairs, list[str]]:
    """Pair layers by the names of the user's own modules; return the names that are left, too."""
    paths = modules_of(spec)
    theirs = {paths[layer]: f"{prefix}{module}" for layer, module in modules.items() if layer in paths}
    left, pairs = dict(tensors), Pairs()
    for layers in _own_layers(spec).values():
        for mine in layers:
            module = theirs.get(mine[0], "")
            names = [name for name in left if name.rpartition(".")[0] == module]
            pairs.append((mine, (module, {name.rpartition(".")[2]: left.pop(name) for name in names})))
    return pairs, sorted(left, key=_natural)


def _by_order(
    spec: NetworkSpec, roots: tuple[str, str], groups: dict[tuple[str, int], list[Layer]]
) -> tuple[Pairs, list[str]]:
    """Pair layers by their order in each trunk and head; return the names that are left, too."""
    pairs = Pairs()
    for (own_root, k), own in _own_layers(spec).items():
        pairs += _aligned(own, groups.pop((roots[OWN.index(own_root)], k), []))
    left = [layer for layers in groups.values() for layer in layers]
    return pairs, [f"{module}.{last}" for module, layer in left for last in layer]


def _fitted(spec: NetworkSpec, pairs: Pairs, others: Sequence[str], what: str) -> dict[str, Tensor]:
    """Return the state dict of ``build_float(spec)``; raises CheckpointMismatch, naming all that is wrong."""
    state: dict[str, Tensor] = {}
    problems = [f"superfluous: {name}" for name in others]
    for mine, theirs in pairs:
        problems += _taken(mine, theirs, state)
    if problems:
        raise CheckpointMismatch(
            f"{what} for {spec.name}",
            expected="a tensor for each parameter, of its shape, of finite numbers",
            found=f"{len(problems)} that are not: {', '.join(problems)}",
            details=problems,
        )
    return state


def _own_layers(spec: NetworkSpec) -> dict[tuple[str, int], list[Layer]]:
    """Return the layers with parameters of each part, with empty tensors of their shapes."""
    with torch.device("meta"):
        expected = build_float(spec).state_dict()
    found: dict[tuple[str, int], dict[str, dict[str, Any]]] = {
        (root, k): {} for k in spec.topology.indices for root in OWN
    }
    for name, value in expected.items():
        root, k, _ = name.split(".", 2)
        module, _, last = name.rpartition(".")
        found[root, int(k)].setdefault(module, {})[last] = value
    return {part: list(layers.items()) for part, layers in found.items()}


def _aligned(own: Sequence[Layer], given: Sequence[Layer]) -> Iterator[tuple[Layer | None, Layer | None]]:
    """Pair layers by position; where their numbers differ, by the longest runs of equal shapes."""
    if len(own) == len(given):
        yield from zip(own, given, strict=True)
        return
    mine, theirs = ([_shape(layer.get("weight")) for _, layer in layers] for layers in (own, given))
    for _, low, high, start, end in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
        both = min(high - low, end - start)
        yield from zip(own[low : low + both], given[start : start + both], strict=True)
        yield from ((layer, None) for layer in own[low + both : high])
        yield from ((None, layer) for layer in given[start + both : end])


def _shape(value: Any) -> tuple[int, ...] | None:
    return tuple(value.shape) if isinstance(value, Tensor) else None


def _taken(mine: Layer | None, theirs: Layer | None, state: dict[str, Tensor]) -> list[str]:
    """Put the tensors of one layer into ``state``; return what is wrong with them."""
    name, wanted = mine or ("", {})
    source, given = theirs or ("", {})
    problems = [f"superfluous: {source}.{last}" for last in given if last not in wanted]
    for last, want in wanted.items():
        shape = list(want.shape)
        if last not in given:
            place = f", which would be {source}.{last}" if source else ""
            problems.append(f"missing: {name}.{last} {shape}{place}")
            continue
        value, said = given[last], f"{source}.{last}"
        if not isinstance(value, Tensor) or _shape(value) != tuple(shape):
            found = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
            problems.append(f"misshapen: {said} is {found}, {name}.{last} is {shape}")
        elif value.is_floating_point() != want.is_floating_point():
            problems.append(f"of another type: {said} is {value.dtype}, {name}.{last} is {want.dtype}")
        elif not torch.isfinite(value).all():
            problems.append(f"not finite: {said}")
        else:
            state[f"{name}.{last}"] = value.detach().to("cpu", want.dtype).contiguous()
    return problems


def _first_weights(spec: NetworkSpec, state: Mapping[str, Tensor]) -> list[str]:
    """Return the weights that see the pixels: those of the first layers, up to a trunk with weights."""
    found: list[str] = []
    for k in spec.topology.indices:
        trunk, head = (
            [name for name, value in state.items() if name.startswith(f"{root}.{k}.") and value.ndim > 1]
            for root in OWN
        )
        if trunk:
            return [*found, trunk[0]]
        found += head[:1]
    return found
