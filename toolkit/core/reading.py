"""Reading files that anybody may have made: one reader per format.

A library that reads a damaged file may raise anything, and may believe what the file claims of its size. Here
everything it raises becomes the typed error, and memory is taken only for bytes that the file has.
``tests/architecture`` sees to it that no library reads a file anywhere else but in the readers of the formats
that only one package knows: checkpoints, pictures, YAML.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import itertools
import json
import math
import re
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.core.errors import ArtifactError, OfframpError, one_line

if TYPE_CHECKING:  # imported inside functions: they would double the time of `offramp --help`
    import numpy as np
    from onnx import ModelProto

_INSIDE = r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*"
MOST_BYTES = 2**32
"""Bytes that a packed file may unfold into."""


@contextlib.contextmanager
def reading(
    what: str, expected: str, refuse: type[OfframpError] = ArtifactError, fix: str = ""
) -> Iterator[None]:
    """Turn whatever is raised while a file is read into the typed error; typed errors stay as they are.

    Args:
        what: name of the file in messages, such as ``checkpoint PATH``.
        expected: what the file should have been.
        refuse: class of the error.
        fix: advice to the user.
    """
    try:
        yield
    except OfframpError:
        raise
    except FileNotFoundError:
        raise refuse(f"{what} is missing", fix=fix) from None
    except Exception as error:
        raise refuse(f"{what} cannot be read", expected=expected, found=_words(error), fix=fix) from error


def _words(error: Exception) -> str:
    """Say what a library found, in one line."""
    if isinstance(error, MemoryError):
        return "more than the memory holds"
    if isinstance(error, RecursionError):
        return "values nested too deep"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = one_line(str(error))
    alone = text and not isinstance(error, LookupError)  # whose text is but a key
    return text if alone else f"{type(error).__name__} {text}".strip()


def finite(text: str) -> float:
    """Return the number that a text in JSON or TOML stands for.

    Raises:
        ValueError: NaN, an infinity, or a number that binary64 cannot hold, such as 1e999.
    """
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text} where a finite number belongs")
    return value


def parse_json(text: str) -> Any:
    """Read JSON, whose numbers must be finite and no name twice; raises ValueError or RecursionError."""
    return json.loads(text, parse_float=finite, parse_constant=finite, object_pairs_hook=_mapping)


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ArtifactError: the file is missing, is not JSON, holds a number that is not finite, or something other
            than an object.
    """
    with reading(str(path), "JSON"):
        value = parse_json(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ArtifactError(f"{path} is damaged", expected="a JSON object", found=type(value).__name__)
    return value


def read_toml(path: Path) -> dict[str, Any]:
    """Read TOML, whose numbers must be finite.

    Raises:
        ArtifactError: the file is missing or is not TOML.
    """
    with reading(str(path), "TOML"):
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=finite)


def read_csv(path: Path, what: str, columns: Sequence[str] = ()) -> list[dict[str, str]]:
    """Read a CSV with a line of headings: a row of cells by heading for every other line.

    Blanks around cells are stripped; cells that a line lacks are empty.

    Args:
        path: file; a byte order mark, with which spreadsheets begin, is ignored.
        what: name of the file in messages.
        columns: headings that it must have.

    Raises:
        ArtifactError: the file is missing or is not CSV, lacks a heading or has it twice, or a line has more
            cells than there are headings.
    """
    with reading(what, "CSV"):
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [[cell.strip() for cell in line] for line in csv.reader(file, strict=True) if line]
        headings, *lines = lines or [[]]
        if wrong := [name for name in (*columns, *headings) if headings.count(name) != 1]:
            found = (
                f"{headings.count(wrong[0]) or 'no'} {wrong[0]} in {','.join(headings) or 'an empty line'!r}"
            )
            expected = f"columns {','.join(columns)}" if columns else "headings that differ"
            raise ArtifactError(what, expected=expected, found=found)
        for number, line in enumerate(lines, 1):
            if len(line) > len(headings):
                expected = f"at most {len(headings)} cells in row {number}"
                raise ArtifactError(what, expected=expected, found=f"{len(line)}")
    return [dict(itertools.zip_longest(headings, line, fillvalue="")) for line in lines]


def read_array(path: Path, what: str, refuse: type[OfframpError] = ArtifactError) -> np.ndarray:
    """Read the array of an ``.npy`` file.

    Raises:
        ArtifactError (or ``refuse``): the file is missing, is not ``.npy``, or claims more than it holds.
    """
    import numpy as np

    with reading(what, "an .npy file", refuse):
        with path.open("rb") as file:
            if not file.read(6) == np.lib.format.MAGIC_PREFIX:
                raise ValueError("another kind of file")
        # Mapped, not read: an array that claims more than the file holds is refused before memory is taken.
        return np.array(np.load(path, mmap_mode="r", allow_pickle=False))


def read_arrays(path: Path, refuse: type[OfframpError] = ArtifactError) -> dict[str, np.ndarray]:
    """Read every array of an ``.npz`` file, by name.

    Raises:
        ArtifactError (or ``refuse``): the file is missing or damaged, or holds a number that is not finite.
    """
    import numpy as np

    with reading(str(path), "an .npz file", refuse):
        with zipfile.ZipFile(path) as file:
            if (size := sum(member.file_size for member in file.infolist())) > MOST_BYTES:
                raise ValueError(f"{size:,} bytes of arrays")
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        for name, array in arrays.items():
            if not isinstance(array, np.ndarray):
                raise refuse(f"{path}: {name}", expected="an array", found="other bytes")
            if array.dtype.kind in "fc" and not np.isfinite(array).all():
                raise refuse(f"{path}: {name}", expected="finite numbers", found="others")
    return arrays


def read_bytes(path: Path, what: str, refuse: type[OfframpError] = ArtifactError, fix: str = "") -> bytes:
    """Read the bytes of a file, unpacked if its name ends in ``.gz``.

    Raises:
        ArtifactError (or ``refuse``): the file is missing, is not gzip, or unfolds into too many bytes.
    """
    packed = path.suffix == ".gz"
    with reading(what, "a gzip stream, whole" if packed else "a file", refuse, fix):
        with gzip.open(path) if packed else path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES:,} bytes")
    return content


def read_members(
    path: Path, names: Sequence[str], what: str, refuse: type[OfframpError] = ArtifactError
) -> list[bytes]:
    """Read some files of a tar archive; nothing is unpacked onto the disk.

    Raises:
        ArtifactError (or ``refuse``): the archive is missing or damaged, lacks a file, or unfolds into too
            many bytes.
    """
    contents = {}
    with reading(what, "a tar archive, whole", refuse):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name in names and member.isfile():
                    if member.size > MOST_BYTES:
                        raise ValueError(f"more than {MOST_BYTES:,} bytes")
                    opened = archive.extractfile(member)
                    contents[member.name] = opened.read() if opened else b""
                    if len(contents[member.name]) < member.size:
                        raise ValueError(f"{member.name} is cut short")
        if missing := [name for name in names if name not in contents]:
            raise ValueError(f"no {', '.join(missing)}")
    return [contents[name] for name in names]


def read_archive(path: Path, what: str, refuse: type[OfframpError] = ArtifactError) -> dict[str, bytes]:
    """Read every file of a tar archive by its name; nothing is unpacked onto the disk.

    Raises:
        ArtifactError (or ``refuse``): the archive is missing or damaged, a name leads out of the folder that
            it would be unpacked in, or it unfolds into too many bytes.
    """
    contents: dict[str, bytes] = {}
    with reading(what, "a tar archive, whole", refuse), tarfile.open(path) as archive:
        size = 0
        for member in archive:
            name = member.name.removeprefix("./")
            if member.isdir():
                continue
            if not member.isfile() or not re.fullmatch(_INSIDE, name):
                raise ValueError(f"a member {name}")
            if (size := size + member.size) > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES:,} bytes")
            opened = archive.extractfile(member)
            contents[name] = opened.read() if opened else b""
            if len(contents[name]) < member.size:
                raise ValueError(f"{name} is cut short")
    return contents


def read_onnx(path: Path) -> ModelProto:
    """Read an ONNX graph.

    Raises:
        ArtifactError: the file is missing or damaged.
    """
    import onnx

    with reading(str(path), "an ONNX graph"):
        # From bytes: from a path, it would read further files that the graph names.
        return onnx.load_model_from_string(path.read_bytes())
