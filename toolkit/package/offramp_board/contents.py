"""The contents of a package: what was built, and examples with the answers that the board must give."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from .streams import BoardStream

if TYPE_CHECKING:
    from .board import Board

SCHEMA = 1
MANIFEST, EXAMPLES, SUMS = "package.json", "examples.npz", "SHA256SUMS"


class PackageError(Exception):
    """A package that is damaged, was changed, or is of another version."""


class Package:
    """An open package.

    Attributes:
        path: the archive.
        files: contents of all files, by name.
        about: contents of ``package.json``.
    """

    def __init__(self, path: Path, files: Mapping[str, bytes], about: Mapping[str, Any]) -> None:
        self.path, self.files, self.about = path, files, about

    @property
    def digest(self) -> str:
        """Digest of the stage accelerators, which the board must report: 64 hexadecimal digits."""
        return str(self.about["design"])

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return tuple(self.about["classes"])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (C, H, W) of an image."""
        channels, height, width = self.about["image"]
        return channels, height, width

    @property
    def bitstream(self) -> str | None:
        """Name of the bitstream among the files; None if none was built."""
        return self.about["bitstream"]

    @property
    def stages(self) -> tuple[dict[str, BoardStream], ...]:
        """Streams of each stage: ``input``, ``logits`` and, but at the last one, ``feature_map``."""
        return tuple(
            {name: BoardStream(**value) for name, value in stage.items()} for stage in self.about["stages"]
        )

    def examples(self) -> tuple[np.ndarray, np.ndarray]:
        """Return images, uint8 [N, C, H, W], and golden logits, int64 [exits, N, classes]."""
        with np.load(io.BytesIO(self.files[EXAMPLES]), allow_pickle=False) as arrays:
            return arrays["images"], arrays["logits"]

    def extract_bitstream(self, folder: Path) -> Path:
        """Write the bitstream, and what lies beside it, to a folder; return the bitstream's path.

        Raises:
            PackageError: none was built.
        """
        if self.bitstream is None:
            raise PackageError(f"{self.path} holds no bitstream: build it, then package the run again")
        stem = PurePosixPath(self.bitstream).stem
        for name, content in self.files.items():
            if PurePosixPath(name).stem == stem:
                (folder / PurePosixPath(name).name).write_bytes(content)
        return folder / PurePosixPath(self.bitstream).name

    def board(self, device: str) -> Board:
        """Open the board at ``device``, such as ``serial:/dev/ttyUSB0``; see :meth:`Board.open`."""
        from .board import Board

        return Board.open(self, device)


def open_package(path: str | Path) -> Package:
    """Open a package and compare every file in it with its digest.

    Raises:
        PackageError: it is missing, damaged or changed, or another version of Offramp made it.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(str(path)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        _require_digests(path, files)
        about = json.loads(files[MANIFEST].decode())
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, KeyError) as problem:
        raise PackageError(f"{path} is no package: {problem}. Copy it again.") from problem
    if about.get("schema") != SCHEMA:
        raise PackageError(f"{path}: expected schema {SCHEMA}, found {about.get('schema')}")
    return Package(path, files, about)


def _require_digests(path: Path, files: Mapping[str, bytes]) -> None:
    listed = {}
    for line in files[SUMS].decode().splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    found = {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != SUMS}
    wrong = sorted(name for name in {*listed, *found} if listed.get(name) != found.get(name))
    if wrong:
        raise PackageError(f"{path} was changed: {', '.join(wrong)}. Copy it again.")
