"""The part of the AXI DMA link on the chip: its RTL, the top module's variables, the host's description."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from toolkit import rtl
from toolkit.compose import Accelerator
from toolkit.core.errors import BadOption
from toolkit.families.block_design import BlockDesign
from toolkit.families.resources import Resources
from toolkit.families.toolchain import SystemClock
from toolkit.links.axi_dma.block_design import block_design
from toolkit.links.axi_dma.overlay import DESCRIPTION, OverlayDescription, OverlayStage
from toolkit.links.axi_dma.registers import MOST_STAGES, PACKAGE, package
from toolkit.links.axi_dma.times import WORD_BYTES, line_times
from toolkit.links.link import ChipSide, LineTimes, LinkTop

_RTL = Path(__file__).parent / "rtl"


class AxiDmaChipSide(ChipSide):
    """The part of the AXI DMA link on the chip. Feature maps go to the host's memory and back.

    The DMAs and what connects them to the memory are Vivado's, and not in ``takes``, which is for one stage.
    """

    takes = Resources(lut=1000)  # by Yosys, for 7 series
    pins: ClassVar = {}
    blocks = (
        rtl.block("fifo"),
        *(
            _RTL / f"offramp_{name}.sv"
            for name in (
                *("words_to_beats", "beats_to_words", "axis_input", "axis_output"),
                *("stage_counters", "axi_lite", "axi_registers"),
            )
        ),
    )
    generated: ClassVar = {PACKAGE: package()}
    folder, template = Path(__file__).parent, "top.v.j2"
    hosted, slots = True, None
    medium, rate = "DMA", f"{8 * WORD_BYTES} bits per clock cycle, each way"

    def with_buffers(self, image_bits: int, map_bits: Sequence[int]) -> Resources:
        """See :class:`ChipSide`; nothing waits on the chip."""
        return Resources(*(amount * (len(map_bits) + 1) for amount in self.takes))

    def works_at(self, mhz: Fraction) -> bool:
        """Return True: words move with the chip's own clock."""
        return True

    def top(self, stages: Sequence[Accelerator], clock: SystemClock, slots: int | None) -> LinkTop:
        """See :class:`ChipSide`."""
        if slots is not None:
            raise BadOption("slots for feature maps", expected="none: they go to the host", found=slots)
        if len(stages) > MOST_STAGES:
            raise BadOption("number of stages", expected=f"1 to {MOST_STAGES}", found=len(stages))
        described = OverlayDescription.of(stages)
        streams = [stage.streams() for stage in described.stages]
        maps = [stage.feature_map for stage in streams]
        ports = [_ports(stage) for stage in described.stages]
        every = [(name, port) for stage in ports for name, port in stage.items()]
        variables: dict[str, Any] = {
            "digest": described.digest,
            "ports": ports,
            "streams": [{"port": port, "input": name == "input"} for name, port in every],
            "frame_bytes": {
                "INPUT_BYTES": [stage.input.frame_bytes for stage in streams],
                "LOGITS_BYTES": [stage.logits.frame_bytes for stage in streams],
                "MAP_BYTES": [0 if one is None else one.frame_bytes for one in maps],
            },
        }
        return LinkTop({}, variables)

    def describe(self, stages: Sequence[Accelerator], out: Path) -> tuple[str, ...]:
        """Write the description that lies beside an overlay."""
        OverlayDescription.of(stages).save(out / DESCRIPTION)
        return (DESCRIPTION,)

    def block_design(self, top: str, stages: Sequence[Accelerator]) -> BlockDesign:
        """See :class:`ChipSide`."""
        return block_design(top, OverlayDescription.of(stages))

    def times(
        self, stages: Sequence[Accelerator], cycles: Sequence[int | None], mhz: float
    ) -> tuple[LineTimes, ...]:
        """See :class:`ChipSide`."""
        return line_times(stages, cycles, mhz)


def _ports(stage: OverlayStage) -> dict[str, str]:
    """Return the prefix of the ports of each stream of a stage."""
    found = {"input": f"s_axis_{stage.input.dma}", "logits": f"m_axis_{stage.logits.dma}"}
    return found if stage.feature_map is None else {**found, "map": f"m_axis_{stage.feature_map.dma}"}
