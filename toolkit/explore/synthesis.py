"""Counts the resources of a segment with Yosys, to check FINN+'s estimates.

The RTL is read unchanged. Its products instantiate AMD's DSP primitives, whose ports Yosys knows: multipliers
are counted, not inferred. Nothing is placed, routed or packed: two small look-up tables that could share one
are counted as two.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from toolkit.compile.segment import Segment
from toolkit.core.artifact import sha256_json
from toolkit.core.contained import require_contained
from toolkit.core.process import Command, execute
from toolkit.core.store import Store, scratch
from toolkit.core.tools import yosys
from toolkit.families.resources import Resources
from toolkit.families.xc7.cells import PROVENANCE, counted, script
from toolkit.families.yosys import STAT, cells

LARGEST = 20_000
"""Largest segment that is synthesised, in look-up tables: more would take too long."""
LUT_PER_DSP = 100
"""Look-up tables around one multiplier as Yosys counts them, roughly; FINN+ estimates far fewer."""


@dataclass(frozen=True)
class Synthesis:
    """The result of Yosys' synthesis of a segment for 7-series parts.

    Attributes:
        segment: name of the segment.
        resources: look-up tables (with those used as memory or shift register), block RAMs of 18 Kb, DSPs.
        flip_flops: registers outside of primitives, latches included.
        cells: number of cells of each type.
        version: version of Yosys.
    """

    segment: str
    resources: Resources
    flip_flops: int
    cells: Mapping[str, int]
    version: str
    provenance: str = PROVENANCE

    def ratios(self, estimate: Resources) -> dict[str, float | None]:
        """Return found / estimated per resource; None if the estimate is 0."""
        pairs = zip(self.resources, estimate, strict=True)
        values = [found / wanted if wanted else None for found, wanted in pairs]
        return dict(zip(Resources._fields, values, strict=True))


def estimate(segment: Segment) -> Resources:
    """Return FINN+'s estimate for a segment, with products counted as its RTL packs them."""
    found = segment.resources
    return Resources(*(int(found.get(key, 0)) for key in ("LUT", "BRAM_18K", "DSP")))


def synthesise(
    segment: Segment, *, cache_dir: Path | None = None, largest: int = LARGEST, timeout_s: float = 1200
) -> Synthesis | None:
    """Synthesise a segment, or take the result from the cache.

    Args:
        segment: compiled segment.
        cache_dir: folder of the cache; by default Offramp's.
        largest: largest segment in look-up tables, by FINN+'s estimate or :data:`LUT_PER_DSP`.
        timeout_s: time limit in seconds; 3,500 look-up tables take half a minute of processor time, 19,000
            two and a half.

    Returns:
        The result; None if the segment is too large.

    Raises:
        ForeignCode: a source reaches outside the segment.
        ToolMissing: Yosys is not installed.
        ToolFailed: Yosys refuses the design, takes too long, or uses cells of unknown size.
        OutputPathError: the cache folder cannot be written.
    """
    expected = estimate(segment)
    if max(expected.lut, expected.dsp * LUT_PER_DSP) > largest:
        return None
    require_contained(segment.path / name for name in segment.sources)
    texts = {"run.ys": script(segment.name, segment.sources)}
    command = Command(f"synthesis of {segment.name}", yosys(), ("-q", "run.ys"), (STAT,), texts)

    def make(kept: Path) -> None:
        with scratch("synthesis") as folder:
            _lay_out(segment, folder)
            execute(command, folder, timeout_s=timeout_s)
            shutil.move(folder / STAT, kept / STAT)

    made = Store(cache_dir).get("synthesis", sha256_json([segment.digest, *command.key]), make)
    found = cells(made)
    return Synthesis(segment.name, *counted(segment.name, found), found, command.tool.version)


def _lay_out(segment: Segment, folder: Path) -> None:
    """Copy the sources, and the memory images to where the RTL looks for them."""
    for name in segment.sources:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(segment.path / name, folder / name)
    for name in segment.data:
        shutil.copyfile(segment.path / name, folder / Path(name).name)
