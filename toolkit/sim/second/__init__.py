"""A second engine: Yosys' slang and CXXRTL for Verilator, with packing and a test bench of its own."""

from toolkit.sim.second.engine import SecondRun, run_second

__all__ = ["SecondRun", "run_second"]
