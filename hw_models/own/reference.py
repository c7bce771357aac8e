"""What a user names: a class or function in a Python file, ``my_net.py:MyNet``. No PyTorch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hw_models.spec import NAME
from toolkit.core.errors import BadOption
from toolkit.core.paths import is_file

_FORM = re.compile(r"(?P<file>.+\.py)(:(?P<name>.*))?", re.DOTALL)


@dataclass(frozen=True)
class OwnReference:
    """A class or function in a Python file.

    Attributes:
        file: the file, as it was given.
        name: the class or function; the name of the network.
    """

    file: Path
    name: str

    @staticmethod
    def is_one(text: str) -> bool:
        """Whether a text names a Python file, with a name in it or without."""
        return _FORM.fullmatch(text) is not None

    @classmethod
    def of(cls, text: str) -> Self:
        """Read ``FILE.py:NAME``.

        Raises:
            BadOption: the name is missing or none that a network may have, or there is no such file.
        """
        found = _FORM.fullmatch(text)
        if found is None or not found["name"]:
            raise BadOption(f"network {text}", expected="FILE.py:NAME, a class or function", found="no name")
        if not NAME.fullmatch(found["name"]):
            expected = "a name of letters, digits and _, at most 64"
            raise BadOption(f"network {text}", expected=expected, found=repr(found["name"]))
        file = Path(found["file"])
        if not is_file(file):
            raise BadOption(f"network {text}", expected="a Python file", found=f"no file {found['file']}")
        return cls(file, found["name"])


@dataclass(frozen=True)
class Images:
    """The images that a network is for: their dataset, shape (C, H, W), number of classes, and of groups."""

    dataset: str
    shape: tuple[int, int, int]
    classes: int
    groups: int = 1
