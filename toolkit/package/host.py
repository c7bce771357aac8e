"""Drives the board of a package from a machine with Offramp: pictures are read as the network's were."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.core.artifact import write_bytes
from toolkit.core.errors import ArtifactError, VerificationMismatch
from toolkit.core.reading import reading
from toolkit.data import PictureForm
from toolkit.package.offramp_board import Answer, BoardError, PackageError, open_package
from toolkit.package.offramp_board.selftest import Differs, measurements, selftest
from toolkit.runtime import DeviceError
from toolkit.runtime.images import read_images


@dataclass(frozen=True)
class NamedAnswer:
    """An answer with the name of its image."""

    image: str
    answer: Answer


def classify_package(file: Path, images: Sequence[Path], device: str) -> Iterator[NamedAnswer]:
    """Classify images, one by one, on the board of a package.

    Raises:
        ArtifactError: the package is missing, damaged or changed.
        DataError: images that cannot be read, or have another form than the network's.
        DeviceError: the board cannot be reached, holds another design, or does not answer.
    """
    with _typed(file):
        package = open_package(file)
        with reading(f"package {file}", "a description of its pictures"):
            given = package.about["pictures"]
            form = None if given is None else PictureForm.model_validate(given)
        pixels, names = read_images(list(images), package.shape, form)
        with package.board(device) as board:
            for name, answer in zip(names, board.classify(pixels), strict=True):
                yield NamedAnswer(name, answer)


def selftest_package(
    file: Path, device: str, seconds: float = 0.0, measured: Path | None = None
) -> list[str]:
    """Run the examples of a package on its board, once or for so many seconds, and return what was found.

    Args:
        measured: file for energies, as rows for ``offramp cost --measurements``; None: none.

    Raises:
        ArtifactError: the package is missing, damaged or changed.
        DeviceError: the board cannot be reached, holds another design, does not answer, or measures no power.
        VerificationMismatch: an answer is not the golden one; names the example.
    """
    with _typed(file), open_package(file).board(device) as board:
        try:
            passed = selftest(board, seconds)
        except Differs as found:
            raise VerificationMismatch(f"selftest of {file}", found=found) from found
        if measured is not None:
            write_bytes(measured, f"{measurements(board.package, passed)}\n".encode())
        return passed.lines()


@contextlib.contextmanager
def _typed(file: Path) -> Iterator[None]:
    try:
        yield
    except PackageError as problem:
        raise ArtifactError(
            f"package {file}", expected="a package of this version", found=problem
        ) from problem
    except BoardError as problem:
        raise DeviceError(f"board of package {file}", found=problem) from problem
