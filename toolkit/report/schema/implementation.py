"""What place and route made of the design, for targets with a bitstream."""

from __future__ import annotations

from toolkit.core.artifact import Record
from toolkit.core.quantities import Count, Cycles, NonNegative, Origin, Positive


class ReachedClock(Record):
    """In MHz: ``asked`` first, ``value`` the bitstream's, ``fmax`` what its slowest path allows."""

    asked: Positive
    value: Positive
    fmax: Positive
    met: bool


class Path(Record):
    """The slowest path: cells and ports at its ends, ns in logic and on wires."""

    source: str
    sink: str
    logic_ns: NonNegative
    routing_ns: NonNegative


class Use(Record):
    """Of a resource of the part."""

    used: Count
    available: Cycles


class NetlistCheck(Record):
    """The placed netlist in simulation, serial line and host program included, against golden."""

    frames: Cycles
    compared: Cycles
    exit_frames: tuple[Count, ...]
    exit_cycles: tuple[Cycles | None, ...]
    line_cycles: Cycles


class LineTimes(Record):
    """One exit: on the chip (simulated at ``clock_mhz.value``) and over the wire (bytes at the line's rate).

    None where no frame of the netlist's simulation left there. Frames per s: if every frame left there.
    """

    index: Count
    chip_cycles: Cycles | None
    chip_us: Positive | None
    wire_us: Positive | None
    link_frames_per_s: Positive
    chip_frames_per_s: Positive | None


class Implementation(Origin):
    """The bitstream.

    ``resources``: by nextpnr's names. ``configuration_bits``: found in the bitstream as they were packed.
    ``load``: the command that puts it on the board, None if it is not known.
    """

    board: str
    part: str
    file: str
    load: str | None
    clock_mhz: ReachedClock
    critical_path: Path
    resources: dict[str, Use]
    seeds: dict[str, Positive]
    check: NetlistCheck
    configuration_bits: Cycles
    exits: tuple[LineTimes, ...]
    digests: dict[str, str]
