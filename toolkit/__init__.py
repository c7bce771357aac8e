"""Offramp: early-exit neural networks on FPGAs, exact to the bit."""

__version__ = "0.1.0"
