"""What Yosys may make block RAMs of, in the language of its memory_libmap.

Yosys' own description (share/gowin/brams.txt) lets the two ports of a DPB have different widths, but its
mapping (brams_map.v) gives the second the width of the first, and so loses bits. Here they are equal; a
memory with ports of different widths becomes an SDPB, where it is right. The rest of the mapping is Yosys'.
"""

from __future__ import annotations

FILE, MAP = "block_rams.txt", "block_rams_map.v"

_EQUAL = "$__OFFRAMP_DP_"
_RESET = """\
    clock posedge;
    clken;
    option "RESET_MODE" "SYNC" { rdsrst zero ungated; }
    option "RESET_MODE" "ASYNC" { rdarst zero; }
    rdinit zero;
"""
_NOTHING, _NEW, _OLD = (
    f'    portoption "WRITE_MODE" {number} {{ rdwr {reads}; }}\n'
    for number, reads in enumerate(("no_change", "new", "old"))
)
"""What a port reads while it writes."""


def _block(name: str, widths: str, *ports: str) -> str:
    head = f"  abits 14;\n  widths {widths};\n  cost 128;\n  byte 9;\n  init no_undef;\n"
    return f"ram block {name} {{\n{head}{''.join(ports)}}}\n"


def _port(kind: str, *lines: str) -> str:
    return f"  port {kind} {{\n{''.join(lines)}  }}\n"


def library() -> str:
    """Return the description of the three kinds of block RAMs, as Yosys' but for what is said above."""
    written = "    wrbe_separate;\n"
    both = _port('srsw "A" "B"', _RESET, _NOTHING, _NEW, written)
    return "".join(
        (
            _block(
                "$__GOWIN_SP_",
                "1 2 4 9 18 36 per_port",
                _port('srsw "A"', _RESET, _NOTHING, _NEW, _OLD, written),
            ),
            _block(_EQUAL, "1 2 4 9 18 global", both),
            _block(
                "$__GOWIN_SDP_",
                "1 2 4 9 18 36 per_port",
                _port('sr "R"', _RESET),
                _port('sw "W"', "    clock posedge;\n    clken;\n", written),
            ),
        )
    )


def equal_map() -> str:
    """Return the mapping of block RAMs with two ports of one width to Yosys' own, as Verilog."""
    lines = []
    for port in "AB":
        lines += [f"  parameter PORT_{port}_OPTION_WRITE_MODE = 0, PORT_{port}_WR_BE_WIDTH = 1;"]
        lines += [f"  input PORT_{port}_{name};" for name in _SINGLE]
        lines += [
            f"  input [13:0] PORT_{port}_ADDR;",
            f"  input [PORT_{port}_WR_BE_WIDTH-1:0] PORT_{port}_WR_BE;",
            f"  input [WIDTH-1:0] PORT_{port}_WR_DATA;",
            f"  output [WIDTH-1:0] PORT_{port}_RD_DATA;",
        ]
    given = [".INIT(INIT)", ".OPTION_RESET_MODE(OPTION_RESET_MODE)"]
    for port in "AB":
        names = ("OPTION_WRITE_MODE", "WR_BE_WIDTH")
        given += [f".PORT_{port}_WIDTH(WIDTH)", *(_same(port, name) for name in names)]
    pins = [_same(port, name) for port in "AB" for name in (*_SINGLE, "ADDR", "WR_BE", "WR_DATA", "RD_DATA")]
    return "\n".join(
        (
            f"module \\{_EQUAL} (...);",
            '  parameter INIT = 0, OPTION_RESET_MODE = "SYNC", WIDTH = 18;',
            *lines,
            f"  \\$__GOWIN_DP_ #({', '.join(given)}) _TECHMAP_REPLACE_ ({', '.join(pins)});",
            "endmodule\n",
        )
    )


def _same(port: str, name: str) -> str:
    return f".PORT_{port}_{name}(PORT_{port}_{name})"


_SINGLE = ("CLK", "CLK_EN", "WR_EN", "RD_SRST", "RD_ARST")
"""Inputs of one bit."""
