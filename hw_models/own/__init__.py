"""A user's own network: an ``nn.Module`` in a file of theirs becomes a description.

This module loads in milliseconds; what runs the user's file needs PyTorch and stands in
:func:`hw_models.own.network.read`.
"""

from hw_models.own.reference import Images, OwnReference

__all__ = ["Images", "OwnReference"]
