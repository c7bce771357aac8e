"""A user's own network becomes part of a run's options, as its description."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from hw_models import NetworkSpec, registry
from hw_models.description import OwnNetwork
from toolkit.flow.data import check_data, load_data
from toolkit.flow.options import Options

if TYPE_CHECKING:
    from hw_models.own import Images
    from hw_models.own.network import OwnModule


def images_of(options: Options) -> Images:
    """Return what a network must know about the dataset of a run; raises DataError, BadOption."""
    from hw_models.own import Images

    check_data(options.data)
    data = load_data(options.data)
    return Images(data.name, data.image_shape, len(data.classes), data.groups)


def with_own_network(reference: str, options: Options) -> Options:
    """Return the options with the network that a user names as ``FILE.py:NAME``; runs that file.

    The shape of the images and the number of classes are those of the dataset of ``options``.

    Raises:
        BadOption, UnknownName, UnsupportedOperator: see :func:`hw_models.own.network.read`.
        DataError: the dataset cannot be loaded.
    """
    from hw_models.own import OwnReference

    named, images = OwnReference.of(reference), images_of(options)
    from hw_models.own.network import read

    own = read(named, images)
    return options.changed(model=own.network.name, description=own.to_text())


class OwnSource:
    """A network that is an object of the user's program: a module, what makes one, or a description.

    Attributes:
        name: name of the network.
        weights: file with the weights of a module, once it is :meth:`described`; None: none.
    """

    def __init__(self, network: object) -> None:
        """Take the network; raises BadOption if it is none."""
        self.weights: bytes | None = None
        if isinstance(network, NetworkSpec):
            self._network: NetworkSpec | OwnModule = network
        else:
            from hw_models.own.network import OwnModule

            self._network = OwnModule.of(network)
        self.name = self._network.name

    def described(self, options: Options) -> Options:
        """Return the options with this network; the weights of a module count unless the options name others.

        Raises:
            OfframpError: as :func:`with_own_network`.
        """
        state = None
        if isinstance(self._network, NetworkSpec):
            own = None if registry.holds(self._network) else OwnNetwork(self._network)
        else:
            own, state = self._network.read(images_of(options))
        if state is not None and options.network.weights is None and options.network.checkpoint is None:
            import torch

            torch.save(state, file := io.BytesIO())
            self.weights = file.getvalue()
        return options.changed(model=self.name, description=None if own is None else own.to_text())


def named(model: object) -> tuple[str | None, OwnSource | None]:
    """Return the name of a network that a call in Python names or hands over, and the network itself.

    Raises:
        BadOption: it is neither a text nor a network.
    """
    if model is None or isinstance(model, str | Path):
        return None if model is None else str(model), None
    own = OwnSource(model)
    return own.name, own
