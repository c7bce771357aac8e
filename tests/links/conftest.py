"""Benches of the device contract, shared with :mod:`tests.runtime`."""

from tests.runtime.conftest import bench, fake_board, no_thread_is_left, toy_simulators

__all__ = ["bench", "fake_board", "no_thread_is_left", "toy_simulators"]
