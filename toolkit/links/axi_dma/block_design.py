"""The link's part of a Vivado block design: the top module, and an AXI DMA per stream.

A DMA named ``dma0`` sends the input of stage 0 and receives its logits; ``dma0_map`` only receives.
"""

from __future__ import annotations

from collections.abc import Collection

from toolkit.families.block_design import BlockDesign, Cell, Registers
from toolkit.links.axi_dma.overlay import OverlayDescription
from toolkit.links.axi_dma.times import WORD_BYTES

LENGTH_BITS = 26
"""Bits of a DMA's register for the length of a transfer."""
_REGISTERS = 1 << 12  # bytes of the top module's registers: 12 address bits
_DMA_REGISTERS = 1 << 16


def block_design(top: str, description: OverlayDescription) -> BlockDesign:
    """Return the top module and its DMAs.

    Args:
        top: name of the top module.
        description: name of its instance, and DMAs of each stage's streams.
    """
    cell = description.cell
    send = [stage.input.dma for stage in description.stages]
    receive = [stream.dma for stage in description.stages for stream in stage.outputs]
    whole = BlockDesign(
        cells=(Cell(cell, module=top),),
        registers=(Registers(f"{cell}/s_axi", f"{cell}/s_axi/reg0", _REGISTERS),),
        clocks=(f"{cell}/aclk",),
        resets=(f"{cell}/aresetn",),
    )
    for name in sorted({*send, *receive}):
        whole = whole.plus(_dma(name, cell, send, receive))
    return whole


def _dma(name: str, cell: str, send: Collection[str], receive: Collection[str]) -> BlockDesign:
    """Return a DMA with its channels: no scatter-gather, and no data realignment (buffers are aligned)."""
    channels = (("mm2s", name in send), ("s2mm", name in receive))
    settings: dict[str, str | int] = {
        "c_include_sg": 0,
        "c_sg_length_width": LENGTH_BITS,
        **{f"c_include_{channel}": int(used) for channel, used in channels},
    }
    streams, memory, clocks = [], {}, [f"{name}/s_axi_lite_aclk"]
    for channel in (channel for channel, used in channels if used):
        settings |= {f"c_include_{channel}_dre": 0, f"c_m_axi_{channel}_data_width": 8 * WORD_BYTES}
        memory[f"{name}/M_AXI_{channel.upper()}"] = f"{name}/Data_{channel.upper()}"
        clocks.append(f"{name}/m_axi_{channel}_aclk")
    if name in send:
        settings["c_m_axis_mm2s_tdata_width"] = (
            8 * WORD_BYTES
        )  # the other direction takes the width of its stream
        streams.append((f"{name}/M_AXIS_MM2S", f"{cell}/s_axis_{name}"))
    if name in receive:
        streams.append((f"{cell}/m_axis_{name}", f"{name}/S_AXIS_S2MM"))
    return BlockDesign(
        cells=(Cell(name, "axi_dma", settings=settings),),
        streams=tuple(streams),
        registers=(Registers(f"{name}/S_AXI_LITE", f"{name}/S_AXI_LITE/Reg", _DMA_REGISTERS),),
        memory=memory,
        clocks=tuple(clocks),
        resets=(f"{name}/axi_resetn",),
    )
