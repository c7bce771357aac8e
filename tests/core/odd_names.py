"""Names of files that work, though programs often stumble over them."""

from __future__ import annotations

ODD = (
    "with blank",
    "quote'",
    'quotes"',
    "line\nbreak",
    "é",
    "not-utf8-\udce9",
    "-dash",
    "#{$x}`",
    "n" * 200,
    "n" * 255,
    "\\",
    "%s",
)
"""Names that a file may have."""
FOLDERS = tuple(name for name in ODD if not {'"', "\n"} & {*name})
"""Names that a folder of results may have: Verilator does not find the others again."""
