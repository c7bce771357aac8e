"""A piece of work: a call that writes files, named by the content of everything that decides them."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import toolkit
from toolkit.core.artifact import files_below, sha256_file, sha256_json, write_bytes
from toolkit.core.errors import UnsupportedVersion
from toolkit.core.sources import PACKAGES, code_digest, whole_digest
from toolkit.core.store import Store

Make = Callable[..., object]
"""``make(folder, **arguments, **files)`` writes the files of a result into ``folder``; it is defined in a
module, so that another process finds it by its name."""

_DISTRIBUTIONS = ("torch", "brevitas", "finn-plus", "qonnx", "numpy")
_BLOBS = "blobs"


@dataclass(frozen=True)
class Piece:
    """A call of a function, independent of all other pieces.

    Attributes:
        make: function that is called.
        inputs: keyword arguments, JSON types.
        files: keyword arguments that are files. They count by their content, and travel with the piece.
        apart: keyword arguments, JSON types, that do not decide the result, such as where data lie.
    """

    make: Make
    inputs: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    apart: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each file."""
        return {name: sha256_file(path) for name, path in self.files.items()}

    @cached_property
    def key(self) -> str:
        """Digest of everything that decides the result: function, its code, inputs, files, versions."""
        own = {
            "function": f"{self.make.__module__}:{self.make.__qualname__}",
            "code": _code(self.make.__module__),
            "inputs": dict(self.inputs),
            "files": self.digests,
            "versions": packages(),
        }
        return sha256_json(own)

    @property
    def arguments(self) -> dict[str, Any]:
        """Keyword arguments that are no files."""
        return {**self.inputs, **self.apart}

    def here(self, store: Store, kind: str) -> Path:
        """Make the result in this process, unless the store has it; returns its folder."""
        return store.get(kind, self.key, partial(self.make, **self.arguments, **self.files))

    def task(self, kind: str) -> SentPiece:
        """Return the same as a value for another process."""
        contents = {self.digests[name]: path.read_bytes() for name, path in self.files.items()}
        return SentPiece(self.make, self.arguments, self.digests, contents, kind, self.key, versions())


@dataclass(frozen=True)
class SentPiece:
    """A piece as it travels to a worker.

    Attributes:
        make, arguments: as in the piece.
        files: SHA-256 of each file.
        contents: bytes of the files, by their SHA-256.
        kind, key: place of the result in a store.
        versions: what the worker must have.
    """

    make: Make
    arguments: dict[str, Any]
    files: dict[str, str]
    contents: dict[str, bytes]
    kind: str
    key: str
    versions: dict[str, str]

    def run(self, folder: Path | None) -> dict[str, bytes]:
        """Make the result in the worker's store; returns its files by their paths.

        Args:
            folder: folder of the store; None: the worker's own cache folder.

        Raises:
            UnsupportedVersion: the worker has other versions.
            Exception: whatever the function raises.
        """
        require(self.versions, versions(), "this worker")
        store = Store(folder)
        files = {name: self._file(store, digest) for name, digest in self.files.items()}
        found = store.get(self.kind, self.key, partial(self.make, **self.arguments, **files))
        return {name: path.read_bytes() for name, path in files_below(found)}

    def _file(self, store: Store, digest: str) -> Path:
        return store.get(_BLOBS, digest, lambda to: write_bytes(to / _BLOBS, self.contents[digest])) / _BLOBS


def received(store: Store, kind: str, key: str, files: Mapping[str, bytes]) -> Path:
    """Put the files that a worker returned into the store, unless they are there; returns their folder."""

    def make(folder: Path) -> None:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_bytes(folder / name, content)

    return store.get(kind, key, make)


def packages() -> dict[str, str]:
    """Return the version of Python and of each package that results depend on."""
    return {"python": platform.python_version(), **_installed()}


def versions() -> dict[str, str]:
    """Return what two processes must have in common to make the same results: versions and our own code."""
    return {**packages(), "offramp": toolkit.__version__, "code of offramp": whole_digest()[:12]}


def require(wanted: Mapping[str, str], found: Mapping[str, str], who: str) -> None:
    """Refuse a worker with other versions.

    Raises:
        UnsupportedVersion: names the worker and each version that differs.
    """
    other = [name for name, value in wanted.items() if found.get(name) != value]
    if other:
        raise UnsupportedVersion(
            f"{who} has other versions",
            expected=", ".join(f"{name} {wanted[name]}" for name in other),
            found=", ".join(f"{name} {found.get(name, 'missing')}" for name in other),
            fix="Install the same there, or take the worker out of the cluster.",
        )


@lru_cache
def _installed() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in _DISTRIBUTIONS}


def _code(module: str) -> str:
    """Return the digest of the code behind a module: all of ours that it reaches, or a user's own file."""
    if module.split(".")[0] in PACKAGES:
        return code_digest(module)
    return sha256_file(Path(str(sys.modules[module].__file__)))
