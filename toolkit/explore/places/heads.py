"""Trains a head at every place of a frozen backbone, on what the backbone gives there."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from hw_models.attach import of_backbone
from hw_models.floating import build_float
from hw_models.lowering import modules_of
from hw_models.network import EarlyExitNet, Wire
from hw_models.spec import NetworkSpec, Shape
from toolkit.core.progress import Progress, silent
from toolkit.core.topology import Part, head
from toolkit.data import Dataset, Split
from toolkit.train.batches import Batches

MOST_IMAGES = 10_000
"""Training images that heads see at most."""
MOST_BYTES = 2**30
"""Memory for the features of the training images at most."""
_BATCH, _RATE, _DECAY = 256, 1e-2, 1e-3
Floats = npt.NDArray[np.float32]


def backbone_state(
    source: NetworkSpec, state: Mapping[str, Tensor], target: NetworkSpec
) -> dict[str, Tensor]:
    """Return the float weights of a backbone under the names that they have in a network with other exits.

    Args:
        source: network of ``state``; only its trunks and its last head count.
        state: state dict of ``build_float(source)``.
        target: network with the same backbone.
    """
    with torch.device("meta"):
        wanted = build_float(target).state_dict()
    names = zip(_backbone_modules(source), _backbone_modules(target), strict=True)
    found = {
        f"{new}.{name.removeprefix(f'{old}.')}": value
        for old, new in names
        for name, value in state.items()
        if name.startswith(f"{old}.")
    }
    return {name: value for name, value in found.items() if name in wanted}


def _backbone_modules(spec: NetworkSpec) -> list[str]:
    return [
        path
        for name, path in modules_of(spec).items()
        if of_backbone(spec, Part.named(name.partition(".")[0]))
    ]


def trained_heads(
    source: NetworkSpec,
    state: Mapping[str, Tensor],
    target: NetworkSpec,
    dataset: Dataset,
    steps: int,
    seed: int,
    progress: Progress = silent,
) -> tuple[EarlyExitNet, int]:
    """Return a network with a given backbone and trained heads, and the number of images that they saw.

    Args:
        source: network of ``state``, whose early exits do not count.
        state: state dict of ``build_float(source)``.
        target: network with the same backbone, whose early exits are trained.
        steps: training steps of each head.
        seed: seed of the heads and of the order of the images.
        progress: callback for the heads.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = build_float(target)
    missing, _ = net.load_state_dict(backbone_state(source, state, target), strict=False)
    assert not [name for name in missing if not name.startswith("heads.")], missing
    net.eval()
    inputs = target.input_shapes()
    shapes = [inputs[head(k)] for k in range(target.exits - 1)]
    largest = max(map(prod, shapes), default=1)
    count = max(1, min(len(dataset.train), MOST_IMAGES, MOST_BYTES // (4 * largest)))
    order = np.random.default_rng(seed).permutation(len(dataset.train))[:count]
    train = Split(dataset.train.images[order], dataset.train.labels[order])
    labels, done = torch.tensor(train.labels), 0
    for group in _groups(shapes, count):
        for place, features in zip(group, _features(net, train, group), strict=True):
            _fit(_with_weights(_head(net, place)), features, labels, steps, seed)
            progress("heads", done := done + 1, len(shapes))
    return net, count


def _groups(shapes: Sequence[Shape], count: int) -> Iterator[list[int]]:
    """Yield places whose features fit into memory together, by the shapes there."""
    group, held = list[int](), 0
    for place, shape in enumerate(shapes):
        size = 4 * count * prod(shape)
        if group and held + size > MOST_BYTES:
            yield group
            group, held = [], 0
        group.append(place)
        held += size
    if group:
        yield group


def _head(net: EarlyExitNet, place: int) -> list[nn.Module]:
    return [module for _, module in net.heads[place].named_children()]


def _with_weights(layers: Sequence[nn.Module]) -> list[nn.Module]:
    """Return the layers from the first one with weights on; those before it are part of the features."""
    return list(itertools.dropwhile(lambda one: not [*one.parameters()], layers))


@torch.inference_mode()
def _features(net: EarlyExitNet, split: Split, places: Sequence[int]) -> list[Tensor]:
    """Return what the first layer with weights of the head at each place reads."""
    found: dict[int, list[Tensor]] = {place: [] for place in places}
    for images, _ in Batches(split, _BATCH):
        wire = Wire(images, net.pixel_scale)
        for place in range(max(places) + 1):
            wire = net.trunks[place](wire)
            if place in found:
                layers = _head(net, place)
                passive = layers[: len(layers) - len(_with_weights(layers))]
                found[place].append(_through(passive, wire.value))
    return [torch.cat(found[place]) for place in places]


def _through(layers: Sequence[nn.Module], values: Tensor) -> Tensor:
    wire = Wire(values, torch.ones(()))
    for layer in layers:
        wire = layer(wire)
    return wire.value


def _fit(layers: Sequence[nn.Module], features: Tensor, labels: Tensor, steps: int, seed: int) -> None:
    """Train layers on features, scaled to a deviation of one; the scale becomes part of the weights."""
    deviation = features.std().item() or 1.0
    generator = torch.Generator().manual_seed(seed)
    parameters = [one for layer in layers for one in layer.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: 0.5 * (1 + math.cos(math.pi * step / steps))
    )
    for _ in range(steps):
        batch = torch.randint(len(labels), (min(_BATCH, len(labels)),), generator=generator)
        logits = _through(layers, features[batch].clone() / deviation)
        optimiser.zero_grad()
        functional.cross_entropy(logits, labels[batch]).backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        cast(Tensor, layers[0].weight).div_(deviation)
