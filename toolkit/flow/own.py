"""A user's own network becomes part of a run's options, as its description."""

from __future__ import annotations

from toolkit.flow.data import check_data, load_data
from toolkit.flow.options import Options


def with_own_network(reference: str, options: Options) -> Options:
    """Return the options with the network that a user names as ``FILE.py:NAME``; runs that file.

    The shape of the images and the number of classes are those of the dataset of ``options``.

    Raises:
        BadOption, UnknownName, UnsupportedOperator: see :func:`hw_models.own.network.read`.
        DataError: the dataset cannot be loaded.
    """
    from hw_models.own import Images, OwnReference

    named = OwnReference.of(reference)
    check_data(options.data)
    data = load_data(options.data)
    from hw_models.own.network import read

    own = read(named, Images(data.name, data.image_shape, len(data.classes)))
    return options.changed(model=own.network.name, description=own.to_text())
