"""The file of a step that finished without a result: it says why there is none."""

from __future__ import annotations

from pathlib import Path

from toolkit.core.paths import is_file

_FILE = "nothing.txt"


def leave_reason(folder: Path, why: str) -> None:
    """Write into ``folder`` why it holds no result."""
    (folder / _FILE).write_text(f"{why}\n", encoding="utf-8")


def reason(folder: Path) -> str | None:
    """Return why ``folder`` holds no result; None if it should hold one."""
    file = folder / _FILE
    return file.read_text(encoding="utf-8").strip() if is_file(file) else None
