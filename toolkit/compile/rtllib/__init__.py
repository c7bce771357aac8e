"""FINN+'s RTL library, copied and repaired at build time.

The sources stay in the installed package: this package holds only descriptions of what to change
(``patches/*.toml``) and applies them to a copy, for the one version of FINN+ they were written for.
"""

from toolkit.compile.rtllib.library import copy_library, library_root, patched_text
from toolkit.compile.rtllib.patch import PATCHES, Patch, patches_digest

__all__ = ["PATCHES", "Patch", "copy_library", "library_root", "patched_text", "patches_digest"]
