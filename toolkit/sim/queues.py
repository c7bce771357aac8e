"""What a simulation adds to the queues of a design: an observer bound to each, a wrapper that stalls each.

The queue is compiled as synthesis gets it, under another name where the wrapper takes its own. A design that
is cut at its queues has none of them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from toolkit.sim.design import RtlDesign
from toolkit.sim.options import BuildOptions

QUEUE, PLAIN = "offramp_fifo", "offramp_fifo_plain"
_RTL = Path(__file__).parent / "rtl"
OBSERVER, STALLED = _RTL / f"{QUEUE}_observer.sv", _RTL / "stalled" / f"{QUEUE}.sv"
CUT = _RTL / "cut" / f"{QUEUE}.sv"


def additions(options: BuildOptions) -> list[Path]:
    """Files that the options add to a design."""
    chosen = {CUT: options.cut, STALLED: options.stall_inside, OBSERVER: options.observe}
    return [file for file, wanted in chosen.items() if wanted]


def instrumented(design: RtlDesign, options: BuildOptions, folder: Path) -> RtlDesign:
    """The design with what the options ask for at its queues, if it has any; new files go to ``folder``."""
    at = [i for i, source in enumerate(design.sources) if source.name == f"{QUEUE}.sv"]
    if not at or not additions(options):
        return design
    sources = list(design.sources)
    if options.cut:
        sources[at[0]] = CUT
        return replace(design, sources=tuple(sources))
    if options.stall_inside:
        plain = folder / f"{PLAIN}.sv"
        plain.write_text(sources[at[0]].read_text().replace(f"module {QUEUE} ", f"module {PLAIN} "))
        sources[at[0]] = plain
    target = {"OFFRAMP_QUEUE": PLAIN if options.stall_inside else QUEUE} if options.observe else {}
    sources += additions(options)
    return replace(design, sources=tuple(sources), defines={**design.defines, **target})
