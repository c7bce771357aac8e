"""Faults of the link: expressions of its blocks, each replaced in simulations started with its number."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.rtl import files


@dataclass(frozen=True)
class Fault:
    """One edit of ``offramp_BLOCK.sv``: the expression between the angles, and what stands there instead."""

    block: str
    place: str
    put: str


FAULTS = {
    "start bit not checked": Fault("uart_rx", "‹line[1]› ? IDLE : DATA", "1'b0"),
    "bits sampled at their end": Fault("uart_rx", "‹COUNT_BITS'(HALF)›", "COUNT_BITS'(CLOCKS_PER_BIT - 1)"),
    "break repeats": Fault("uart_rx", "‹quiet› && !line[1]", "1'b1"),
    "stop bit left out": Fault("uart_tx", "‹left == '0›", "left <= 4'd1"),
    "CRC of another polynomial": Fault("crc32", "‹odd ? POLYNOMIAL : '0›", "odd ? POLYNOMIAL ^ 32'h400 : '0"),
    "CRC not complemented": Fault("packet_sender", "‹~crc[7:0]›", "crc[7:0]"),
    "CRC not cleared": Fault("packet_sender", ".clear(‹!rst_n || state == BEGIN›)", "!rst_n"),
    "CRC error accepted": Fault("packet_receiver", "‹crc_right› ?", "1'b1"),
    "CRC judged too early": Fault("packet_receiver", "if (‹crc_ready›)", "1'b1"),
    "sync byte twice": Fault(
        "packet_receiver", "‹place == 4'd1 && s_data == offramp_serial_pkg::SYNC›", "1'b0"
    ),
    "never given up": Fault("packet_receiver", "‹idle == IDLE_BITS'(1)›", "1'b0"),
    "given up while bytes come": Fault("packet_receiver", "(‹s_valid› || !waits) ?", "1'b0"),
    "version not looked at": Fault("packet_receiver", "‹s_data != offramp_serial_pkg::VERSION›", "1'b0"),
    "longer than an image": Fault("packet_receiver", "‹length > 16'(IMAGE_BYTES)›", "1'b0"),
    "length of other kinds": Fault("packet_receiver", "(‹run› ? 16'", "1'b1"),
    "kind 7 known": Fault("packet_receiver", "‹s_data <= offramp_serial_pkg::LAST_KIND›", "s_data <= 8'd7"),
    "never busy": Fault("link_requests", "‹count >= (ENTRY_BITS + 1)'(BUFFERS)›", "1'b0"),
    "never full": Fault("link_requests", "full <= ‹count[ENTRY_BITS]›", "1'b0"),
    "words overlap": Fault("link_requests", "if (‹packet_start›) word_index", "1'b0"),
    "lanes not aligned": Fault("link_requests", "if (‹packet_start›) lane", "1'b0"),
    "overruns not counted": Fault("link_requests", "(full || ‹refused›)", "1'b0"),
    "one buffer for all": Fault("link_requests", "{‹tail[ENTRY_BITS-2:0]›, word_index}", "'0"),
    "plays one word less": Fault("player", "LEFT_BITS'(‹WORDS - 1›)", "WORDS - 2"),
    "player ignores its consumer": Fault("player", "!m_valid || ‹m_ready›", "1'b1"),
    "begins with every word": Fault("player", "begun <= ‹first› &&", "1'b1"),
    "slots overlap": Fault("map_buffer", "‹low + high›", "'0"),
    "slot of the map before": Fault("map_buffer", "‹first› ? base", "1'b0"),
    "stored too early": Fault("map_buffer", "stored <= s_valid && ‹left == '0›", "1'b1"),
    "greatest without sign": Fault("argmax", "differs ? ‹!s_bit› : greater", "s_bit"),
    "last among equals": Fault("argmax", "greater <= ‹1'b0›;\n        count", "1'b1"),
    "class is not cleared": Fault("argmax", "first   <= ‹1'b1›", "1'b0"),
    "stops by the first beat": Fault("link_run", "last       <= taken && ‹left == '0›", "1'b1"),
    "does not wait for the map": Fault("link_run", "if (running && logits_done && ‹map_done›)", "1'b1"),
    "watches nothing": Fault("link_run", "‹patience == '0›", "1'b0"),
    "counts from the request": Fault("link_run", "32'(‹begun || counting›)", "running"),
    "map cycles of the frame before": Fault("link_run", "if (‹start›) cycles_map", "1'b0"),
    "padding is an element": Fault("link_result", "‹lanes_left != '0›", "1'b1"),
    "elements of another width": Fault(
        "link_result", "PLACE_BITS'(‹ELEMENT_BITS - OUT_ELEMENT_BITS[stage]›)", "0"
    ),
    "a beat too few": Fault(
        "link_result", "BEAT_BITS'(‹OUT_BEATS[stage] - 32'd1›)", "OUT_BEATS[stage] - 32'd2"
    ),
    "sums begin too high": Fault("link_counters", "carry      <= ‹1'b0›;", "1'b1"),
    "counters lose their carry": Fault("link_counters", "9'(‹carry›)", "carry && place == '0"),
    "cycles added twice": Fault("link_counters", "if (‹place == '1›) cycles", "1'b0"),
    "written before the reset": Fault("link_counters", "if (‹rst_n› &&", "1'b1"),
    "counters kept in a reset": Fault("link_counters", "|| ‹state == CLEAR›", "1'b0"),
    "no end without payload": Fault("link_reply", "place == 4'd9 && ‹empty›", "1'b0"),
    "header from another place": Fault("link_reply", "‹3'(place + 1'b1)›", "3'(place)"),
    "tag not compared": Fault("link_executor", "‹found.tag == tag›", "1'b1"),
    "slot not freed": Fault("link_executor", "(‹state == FOUND› && is_stop", "1'b0"),
    "slot freed for others": Fault("link_executor", "is_stop && ‹held›) ||", "1'b1"),
    "only one stage's map freed": Fault("link_executor", "‹(looked == '0)› ? PREPARE", "1'b1"),
    "map of the same stage": Fault("link_executor", "‹is_go› ? stage - 1'b1", "1'b0"),
    "slots kept in a reset": Fault("link_executor", "write      <= ‹state == SWEEP›", "1'b0"),
    "stages not reset": Fault("link_executor", "stage_rst_n <= ‹state != SWEEP›", "1'b1"),
    "watchdog not counted": Fault("link_executor", "watchdog    <= ‹expired›", "1'b0"),
    "any stage runs": Fault("link_executor", "‹is_run && !first_stage›", "1'b0"),
    "any slot": Fault("link_executor", "‹{1'b0, slot} < 9'(SLOTS)›", "1'b1"),
    "class of every exit shown": Fault(
        "link_executor", "if (‹stage == STAGE_BITS'(STAGES - 1)›) led", "1'b1"
    ),
    "class of a slot freed before": Fault("link_executor", "if (‹held› && looked == stage)", "1'b1"),
    "errors not shown": Fault("link_executor", "led[6] <= ‹fault != '0›", "1'b0"),
}


def write(folder: Path, faults: Mapping[str, Fault] = FAULTS) -> tuple[Path, ...]:
    """Write the blocks with all faults, of which a simulation has the n-th, from 1, or none."""
    edits = defaultdict[str, dict[tuple[int, int], str]](dict)  # block -> span of an expression -> text
    for number, fault in enumerate(faults.values(), 1):
        text = files.source(f"offramp_{fault.block}").read_text()
        ahead, expression, behind = re.split("[‹›]", fault.place)
        if text.count(found := ahead + expression + behind) != 1:
            raise ValueError(f"{fault.block}: {found!r} occurs {text.count(found)} times")
        start = text.index(found) + len(ahead)
        span = start, start + len(expression)
        sound = edits[fault.block].get(span, f"({expression})")
        edits[fault.block][span] = f"((mutant == {number}) ? ({fault.put}) : {sound})"
    for block, places in edits.items():
        text = files.source(f"offramp_{block}").read_text()
        for (start, end), put in sorted(places.items(), reverse=True):
            text = text[:start] + put + text[end:]
        select = '  int mutant = 0;\n  initial void\'($value$plusargs("mutant=%d", mutant));\n'
        (folder / f"offramp_{block}.sv").write_text(text.replace("\n);\n", f"\n);\n{select}", 1))
    return tuple(folder / f"offramp_{block}.sv" for block in edits)
