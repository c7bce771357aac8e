"""The registry of networks by name."""

from __future__ import annotations

from hw_models.alexnet import B_ALEXNET_CIFAR
from hw_models.autoencoder import AUTOENCODER
from hw_models.c_alexnet import C_ALEXNET_SVHN
from hw_models.cnn_cifar10 import CNN_CIFAR10, CNN_CIFAR10_EE
from hw_models.description import describe_network
from hw_models.ds_cnn import DS_CNN
from hw_models.lenet import B_LENET, B_LENET_CIFAR, B_LENET_FCN, B_LENET_SE
from hw_models.mlp import MLP_DIABETES, MLP_HOUSING
from hw_models.numbers import B_LENET_NUMBERS
from hw_models.resnet import RESNET8
from hw_models.spec import NetworkSpec
from hw_models.triple_wins import TW_SMALLCNN
from toolkit.core.errors import UnknownName

_EARLY_EXIT = (
    B_ALEXNET_CIFAR,
    B_LENET,
    B_LENET_CIFAR,
    B_LENET_FCN,
    B_LENET_SE,
    B_LENET_NUMBERS,
    TW_SMALLCNN,
    C_ALEXNET_SVHN,
    RESNET8,
    DS_CNN,
)
_NETWORKS = {spec.name: spec for network in _EARLY_EXIT for spec in (network, network.backbone())}
_OTHERS = (CNN_CIFAR10, CNN_CIFAR10_EE, AUTOENCODER, MLP_DIABETES, MLP_HOUSING)
_NETWORKS |= {spec.name: spec for spec in _OTHERS}


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
