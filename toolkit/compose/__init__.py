"""Composes accelerators from compiled segments: generated wiring, and queues sized by simulation."""

from toolkit.compose.accelerator import Accelerator
from toolkit.compose.collection import Accelerators, compose_network
from toolkit.compose.path import compose_chain
from toolkit.compose.sizing import Sizing

__all__ = ["Accelerator", "Accelerators", "Sizing", "compose_chain", "compose_network"]
