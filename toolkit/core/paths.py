"""What lies at a path that a user named. Such a name may be too long, a circle of links, or hold a zero byte.

``Path``'s own questions raise ``OSError`` or ``ValueError`` for these, depending on Python's version.
"""

from __future__ import annotations

import os
from pathlib import Path


def is_file(path: Path | str) -> bool:
    """Whether a file lies there, or a link to one."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path | str) -> bool:
    """Whether a folder lies there, or a link to one."""
    return os.path.isdir(path)  # noqa: PTH112


def exists(path: Path | str) -> bool:
    """Whether anything lies there, a link to nothing included."""
    return os.path.lexists(path)
