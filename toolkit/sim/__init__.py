"""Cycle-accurate simulation with Verilator: compiled once per design, run on batches of frames."""

from toolkit.sim.builder import build
from toolkit.sim.design import RtlDesign
from toolkit.sim.options import Trace
from toolkit.sim.pack import pack, unpack
from toolkit.sim.result import SimRun, Stamps
from toolkit.sim.simulator import Simulator
from toolkit.sim.stalls import PRESETS, StallPattern

__all__ = [
    "PRESETS",
    "RtlDesign",
    "SimRun",
    "Simulator",
    "StallPattern",
    "Stamps",
    "Trace",
    "build",
    "pack",
    "unpack",
]
