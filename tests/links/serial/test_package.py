"""The board's constants are the host's: one table, written as a SystemVerilog package."""

from __future__ import annotations

import re

from toolkit.links.serial.protocol import ERROR, REPLY, SYNC, VERSION, Refusal, RequestKind, package


def test_every_constant_of_the_protocol_is_in_the_package() -> None:
    found = {
        name: int(digits, 16 if base == "h" else 10)
        for name, base, digits in re.findall(r"localparam logic \[\d:0\] (\w+) = \d'([hd])(\w+);", package())
    }
    assert found == {
        **{"SYNC": SYNC, "VERSION": VERSION, "REPLY": REPLY, "ERROR": ERROR},
        **{kind.name: kind for kind in RequestKind},
        "LAST_KIND": max(RequestKind),
        **{f"REFUSED_{refusal.name}": refusal for refusal in Refusal},
    }
