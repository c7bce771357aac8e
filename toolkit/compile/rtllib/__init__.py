"""FINN+'s RTL library, copied and repaired at build time.

The sources stay in the installed package. This package has only descriptions of changes (``patches/*.toml``)
and applies them to copies, for the one version of FINN+ that they were written for.
"""

from toolkit.compile.rtllib.library import copy_library, library_root, patched_text
from toolkit.compile.rtllib.patch import PATCHES, Patch

__all__ = ["PATCHES", "Patch", "copy_library", "library_root", "patched_text"]
