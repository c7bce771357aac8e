"""Reads constants out of RTL: parameters of modules and instances, and memory images."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import ArtifactError
from toolkit.core.paths import is_file

Ints = NDArray[np.int64]
Parameters = Mapping[str, int | str]
_BASES = {"h": 16, "d": 10, "b": 2}
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Rtl:
    """The generated files of a design: sources by path, and the folder of its memory images."""

    sources: tuple[Path, ...]
    data: Path

    @cached_property
    def _texts(self) -> list[str]:
        return [_COMMENT.sub("", path.read_text()) for path in self.sources]

    def module(self, name: str) -> str:
        """Return the text of a module.

        Raises:
            ArtifactError: it is not there, or twice.
        """
        body = re.compile(rf"^module\s+{re.escape(name)}\b.*?^endmodule\b", re.DOTALL | re.MULTILINE)
        found = [match for text in self._texts for match in body.findall(text)]
        if len(found) != 1:
            raise ArtifactError(f"module {name}", expected="one", found=len(found), fix="Compile again.")
        return str(found[0])

    def defaults(self, module: str) -> Parameters:
        """Return the defaults of a module's parameters that are numbers or texts."""
        found = re.findall(r"\bparameter\s+(\w+)\s*=\s*(\"[^\"]*\"|[\w'.-]+)\s*[,)\n]", self.module(module))
        return {name: _value(text) for name, text in found}

    def instance(self, inside: str, module: str, name: str) -> Parameters:
        """Return the parameters of an instance.

        Args:
            inside: text of the module that contains it.
            module: name of the instance's module.
            name: name of the instance.

        Raises:
            ArtifactError: there is no such instance.
        """
        pattern = rf"\b{re.escape(module)}\s*(?:#\s*\((.*?)\)\s*)?\b{re.escape(name)}\s*\(\s*\."
        found = re.findall(pattern, inside, re.DOTALL)
        if len(found) != 1:
            raise ArtifactError(
                f"instance {name} of {module}", expected="one", found=len(found), fix="Compile again."
            )
        return {key: _value(text) for key, text in re.findall(r"\.(\w+)\(\s*([^()]+?)\s*\)", found[0] + ")")}

    def depths(self, top: str) -> dict[int, int]:
        """Return the depth of every queue that a top module instantiates, or its segments, by number."""
        found: dict[int, int] = {}
        for text in re.findall(r"#\s*\(([^;]*?)\)\s*\w+\s*\(\s*\.", self.module(top)):
            values = {name: int(value) for name, value in re.findall(r"\.(\w+)\((\d+)\)", text)}
            if "ID" in values:
                found[values["ID"]] = values["DEPTH"]
            for name, value in values.items():
                if name.startswith("DEPTH_"):
                    found[values["FIRST_ID"] + int(name.removeprefix("DEPTH_")) - 1] = value
        return found

    def words(self, image: str, count: int, bits: int) -> list[int]:
        """Read a memory image: ``count`` words of hexadecimal digits, each below ``2**bits``.

        Raises:
            ArtifactError: the image is missing, has another number of words, or a word is too wide.
        """
        path = self.data / image
        if not is_file(path):
            raise ArtifactError(f"memory image {path}", expected="a file", found="none", fix="Compile again.")
        try:
            found = [int(word, 16) for word in path.read_text().split()]
        except ValueError:
            raise ArtifactError(f"memory image {path}", expected="hexadecimal words") from None
        if len(found) != count:
            raise ArtifactError(f"words of memory image {path}", expected=count, found=len(found))
        for address, word in enumerate(found):
            if word >> bits:
                raise ArtifactError(
                    f"word {address} of memory image {path}", expected=f"{bits} bits", found=f"{word:#x}"
                )
        return found


def signed(value: int, bits: int) -> int:
    """Return the two's complement number of ``bits`` bits."""
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


def _value(text: str) -> int | str:
    if text.startswith('"'):
        return text.strip('"')
    based = re.fullmatch(r"\d*'s?([hdb])([0-9a-fA-F_]+)", text)
    if based:
        return int(based[2], _BASES[based[1]])
    return int(text) if re.fullmatch(r"-?\d+", text) else text
