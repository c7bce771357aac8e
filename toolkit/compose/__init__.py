"""Accelerators composed from compiled segments: thin generated wiring, queues of simulated depth."""

from toolkit.compose.accelerator import Accelerator
from toolkit.compose.path import compose_path, compose_stage

__all__ = ["Accelerator", "compose_path", "compose_stage"]
