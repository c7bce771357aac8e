"""What a simulator is built for."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Trace(enum.Enum):
    """Recordings of a run: waveforms (FST: compact, VCD: read by everything) or switching activity (SAIF)."""

    FST = "fst"
    VCD = "vcd"
    SAIF = "saif"


@dataclass(frozen=True)
class BuildOptions:
    """Build options; see :func:`toolkit.sim.build`."""

    observe: bool = False
    stall_inside: bool = False
    trace: Trace | None = None
    random_start: bool = False
    quick: bool = False
    cut: bool = False
