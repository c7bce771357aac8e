"""The registry of networks by name."""

from __future__ import annotations

from hw_models.description import describe_network
from hw_models.lenet import B_LENET, B_LENET_CIFAR, B_LENET_FCN, B_LENET_SE
from hw_models.spec import NetworkSpec
from toolkit.core.errors import UnknownName

_EARLY_EXIT = (B_LENET, B_LENET_CIFAR, B_LENET_FCN, B_LENET_SE)
_NETWORKS = {spec.name: spec for network in _EARLY_EXIT for spec in (network, network.backbone())}


def names() -> tuple[str, ...]:
    """Return the names of all networks, sorted."""
    return tuple(sorted(_NETWORKS))


def holds(network: NetworkSpec) -> bool:
    """Whether a network is one of these, layer by layer."""
    known = _NETWORKS.get(network.name)
    return known is not None and describe_network(known) == describe_network(network)


def get(name: str) -> NetworkSpec:
    """Return the network called ``name``.

    Raises:
        UnknownName: no such network; the message suggests the nearest names.
    """
    if name not in _NETWORKS:
        raise UnknownName.among("model", name, names())
    return _NETWORKS[name]
