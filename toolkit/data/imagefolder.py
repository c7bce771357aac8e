"""``imagefolder``: a user's own pictures, a folder per class.

``PATH/CLASS/*`` is split by seed; with ``PATH/train/CLASS/*`` and ``PATH/test/CLASS/*`` only the former is.
Hidden files are passed over; everything else in the folder of a class must be a picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from toolkit.core.errors import DataError
from toolkit.core.paths import is_folder
from toolkit.core.progress import Progress
from toolkit.core.reading import reading
from toolkit.data.dataset import Dataset, Split
from toolkit.data.pictures import COLOURS, PictureForm, Pixels, read_picture
from toolkit.data.request import Request
from toolkit.data.split import own_dataset

NAME = "imagefolder"
_PARTS = ("train", "test")
_PASSED_OVER = ("thumbs.db", "desktop.ini")

Folders = Mapping[str, Sequence[Path]]
"""Class -> its pictures, in order of their names."""


def load(request: Request) -> Dataset:
    """Load the pictures of a folder.

    Raises:
        BadOption: there is no path.
        DataError: the folder holds no classes, a class no pictures, pictures cannot be used (all are named),
            or there are too few for the split.
    """
    own = request.own
    root = own.where(NAME)
    parts = _parts(root)
    classes = tuple(parts[0])
    form = PictureForm(
        size=own.size, colour=own.colour, resize=own.size is not None, convert=own.colour is not None
    )
    paths = [path for folders in parts for members in folders.values() for path in members]
    images = np.stack(_read(root, paths, form, request.progress))
    labels = np.array(
        [label for folders in parts for label, name in enumerate(classes) for _ in folders[name]], np.int64
    )
    channels, height, width = images.shape[1:]
    form = form.model_copy(update={"size": (height, width), "colour": COLOURS[channels]})
    count = sum(map(len, parts[0].values()))
    whole = Split(images[:count], labels[:count])
    test = Split(images[count:], labels[count:]) if len(parts) > 1 else None
    return own_dataset(NAME, classes, whole, test, request.seed, f"pictures in {root}", form)


def _parts(root: Path) -> list[Folders]:
    """Return the folders of training and test pictures, or those of all pictures."""
    names = _folders(root)
    parts = [root / name for name in _PARTS] if set(names) == set(_PARTS) else [root]
    found = [_classes(part) for part in parts]
    if len(found) > 1 and (differing := set(found[0]) ^ set(found[1])):
        what = f"classes in {root}"
        raise DataError(what, expected="the same for train and test", found=", ".join(sorted(differing)))
    return found


def _folders(root: Path) -> list[str]:
    with reading(f"folder {root}", "a folder with a folder of pictures per class", DataError):
        return sorted(one.name for one in root.iterdir() if is_folder(one) and not one.name.startswith("."))


def _classes(root: Path) -> Folders:
    """Return the pictures of each class, which are at least two."""
    found = {}
    for name in _folders(root):
        with reading(f"folder {root / name}", "a folder of pictures", DataError):
            members = sorted((root / name).iterdir())
        found[name] = [path for path in members if not _passed_over(path.name)]
    if len(found) < 2:
        expected = "a folder of pictures for each of at least two classes"
        raise DataError(f"folder {root}", expected=expected, found=", ".join(found) or "no folder")
    if empty := [name for name, members in found.items() if not members]:
        fix = "Put pictures there, or remove it."
        what = f"folder {root}"
        raise DataError(
            what,
            expected="pictures in every class",
            found=f"none in {', '.join(empty)}",
            fix=fix,
        )
    return found


def _passed_over(name: str) -> bool:
    return name.startswith(".") or name.lower() in _PASSED_OVER


def _read(root: Path, paths: Sequence[Path], form: PictureForm, progress: Progress) -> list[Pixels]:
    """Read all pictures, which must have one shape.

    Raises:
        DataError: some cannot be used; names all of them.
    """
    images: list[Pixels | None] = []
    problems = []
    for done, path in enumerate(paths, 1):
        try:
            images.append(read_picture(path, form))
        except DataError as error:
            images.append(None)
            problems.append(f"{path.relative_to(root)}: {_why(error)}")
        if done % 100 == 0 or done == len(paths):
            progress("pictures", done, len(paths))
    if problems:
        raise _refusal(root, f"{len(problems):,} of {len(paths):,} cannot be used", problems)
    whole = [image for image in images if image is not None]
    shapes = Counter(image.shape for image in whole)
    usual = max(shapes, key=lambda shape: shapes[shape])
    other = [
        f"{path.relative_to(root)}: {'x'.join(map(str, image.shape))} instead of {'x'.join(map(str, usual))}"
        for path, image in zip(paths, whole, strict=True)
        if image.shape != usual
    ]
    if other:
        found = f"{len(other):,} of {len(paths):,} have another size or colour than the others"
        raise _refusal(root, found, other)
    return whole


def _why(error: DataError) -> str:
    expected = f"expected {error.expected}, " if error.expected is not None else ""
    return f"{expected}found {error.found}" if error.found is not None else str(error)


def _refusal(root: Path, found: str, problems: Sequence[str]) -> DataError:
    fix = "Mend or remove them; --image-size resizes and --colour converts all pictures."
    return DataError(
        f"pictures in {root}",
        expected="pictures of one size, 8 bits per colour",
        found=f"{found}: {problems[0]}",
        fix=fix,
        details=problems,
    )
