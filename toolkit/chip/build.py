"""Writes the system of a network's stages for a board and a clock."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolkit import rtl
from toolkit.boards import Board
from toolkit.chip.system import System
from toolkit.compile.segment import digest_files
from toolkit.compose import Accelerator
from toolkit.compose.accelerator import MAP, OUTPUT
from toolkit.compose.path import copy_files
from toolkit.core.errors import ArtifactError, BadOption
from toolkit.core.templates import render
from toolkit.families.ecp5.pll import Pll
from toolkit.links import serial
from toolkit.runtime.simulated import stages_digest

TOP = "offramp_top"
BUFFERS, SLOTS = 4, 32
"""Requests that wait on the chip, and frames whose feature maps are kept there."""
IDLE_S = 0.05
"""A pause in mid-packet, in seconds, after which the packet is given up: longer than USB makes."""
PATIENCE = 16
"""The watchdog waits this many times the estimated cycles of all layers one after the other."""

_SERIAL = Path(serial.__file__).parent / "rtl"
BLOCKS = (
    *(_SERIAL / f"offramp_{name}.sv" for name in ("uart_rx", "uart_tx", "crc32")),
    rtl.block("ram"),
    *(_SERIAL / f"offramp_{name}.sv" for name in ("packet_receiver", "packet_sender")),
    *(rtl.block(name) for name in ("argmax", "player")),
    *(
        _SERIAL / f"offramp_link{name}.sv"
        for name in ("_requests", "_reply", "_counters", "_result", "_run", "_executor", "")
    ),
    rtl.block("map_buffer"),
)


def build_system(
    accelerators: Sequence[Accelerator], board: Board, pll: Pll, out: Path, *, slots: int = SLOTS
) -> System:
    """Write the system.

    Args:
        accelerators: the stages in order; all but the last with a feature map.
        board: one with an open flow; at most 8 of its light-emitting diodes are used.
        pll: the clock.
        out: new folder.
        slots: frames whose feature maps are kept.

    Raises:
        ArtifactError: stages that do not fit each other, or of two compilations.
        BadOption: slots out of range, an image too long for a packet, or a board without an open flow.
    """
    flow = board.open_flow
    if flow is None:
        raise BadOption(f"board {board.name}", expected="one that the open tools build for", found=board.part)
    _check(accelerators, slots)
    first, ports = accelerators[0].nodes[0].input, [one.outputs[OUTPUT] for one in accelerators]
    image_bytes = first.beats * (first.tdata_bits // 8)
    if image_bytes >= 1 << 16:
        raise BadOption("bytes of an image", expected="below 65536", found=image_bytes)
    sources, data = copy_files(accelerators, out, BLOCKS)
    parameters = {
        "CLOCKS_PER_BIT": pll.clocks_per_bit,
        "IDLE_CYCLES": round(IDLE_S * pll.mhz * 1e6),
        "WATCHDOG_CYCLES": PATIENCE * max(sum(node.cycles for node in one.nodes) for one in accelerators),
    }
    text = render(
        Path(__file__).with_name("top.sv.j2"),
        **{name.lower(): value for name, value in parameters.items()},
        reset=flow.reset and flow.reset.active,
        leds=min(len(flow.led), 8),
        high=len(flow.high),
        pll=pll,
        clock_khz=round(pll.mhz * 1000),
        buffers=BUFFERS,
        slots=slots,
        image_bytes=image_bytes,
        in_bytes=first.tdata_bits // 8,
        out_width=max(port.tdata_bits for port in ports),
        digest=stages_digest(accelerators),
        arrays={
            "OUT_BYTES": [port.tdata_bits // 8 for port in ports],
            "OUT_BEATS": [port.beats for port in ports],
            "OUT_ELEMENT_BITS": [port.element_bits for port in ports],
            "OUT_LANES": [port.lanes for port in ports],
        },
        stages=[
            {
                "name": one.name,
                "input": one.nodes[0].input,
                "output": one.outputs[OUTPUT],
                "map": one.outputs.get(MAP),
            }
            for one in accelerators
        ],
    )
    top = f"rtl/{TOP}.sv"
    (out / top).write_text(text)
    sources = (*sources, top)
    system = System(
        path=out,
        top=TOP,
        sources=sources,
        data=data,
        design_digest=stages_digest(accelerators),
        digest=digest_files(out, (*sources, *data), board.name),
        board=board.name,
        clock_mhz=pll.mhz,
        parameters=parameters,
    )
    system.save()
    return system


def _check(accelerators: Sequence[Accelerator], slots: int) -> None:
    if not 1 <= slots <= 256:
        raise BadOption("slots for feature maps", expected="1 to 256", found=slots)
    if not accelerators:
        raise ArtifactError("a system needs stage accelerators", found="none")
    for one, following in zip(accelerators, (*accelerators[1:], None), strict=True):
        given = one.outputs.get(MAP)
        taken = None if following is None else following.nodes[0].input
        same = (given and (given.dtype, given.lanes * given.beats)) == (
            taken and (taken.dtype, taken.lanes * taken.beats)
        )
        if not same:
            raise ArtifactError(
                f"feature map of {one.name}", expected=taken, found=given, fix="Take all stages from one run."
            )
