"""Drives the board of a package from a machine with Offramp: pictures are read as the network's were."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.core.errors import ArtifactError
from toolkit.core.reading import reading
from toolkit.data import PictureForm
from toolkit.package.offramp_board import Answer, BoardError, PackageError, open_package
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
