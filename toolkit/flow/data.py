"""The data that the options of a run name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import sha256_json
from toolkit.core.errors import BadOption
from toolkit.core.progress import Progress, silent
from toolkit.flow.groups import DataOptions

if TYPE_CHECKING:
    from toolkit.data import Dataset


_LAST: dict[tuple[DataOptions, str], Dataset] = {}
"""The user's own data that were loaded last, by the options and the digest of the files."""


def load_data(options: DataOptions, progress: Progress = silent) -> Dataset:
    """Load the dataset, a user's own only once until a file changes: reading pictures takes long.

    Raises the errors of :func:`toolkit.data.load`.
    """
    from toolkit.data import OwnData, load, own_digests

    path, height, width = options.data_path, options.image_size, options.image_width or options.image_size
    size = None if height is None or width is None else (height, width)
    key = None if path is None else (options, sha256_json(own_digests(path)))
    if key is not None and key in _LAST:
        return _LAST[key]
    own = OwnData(path, size, options.colour)
    found = load(options.dataset, options.data_dir, options.seed, progress, own)
    if key is not None:
        _LAST.clear()
        _LAST[key] = found
    return found


def source_of(options: DataOptions) -> dict[str, Any]:
    """Return the data as arguments of :func:`toolkit.data.here.dataset_here`, JSON types."""
    height, width = options.image_size, options.image_width or options.image_size
    return {
        "name": options.dataset,
        "seed": options.seed,
        "data_dir": None if options.data_dir is None else str(options.data_dir.absolute()),
        "data_path": None if options.data_path is None else str(options.data_path.absolute()),
        "size": None if height is None else [height, width],
        "colour": options.colour,
    }


def check_data(options: DataOptions) -> None:
    """Refuse options of a user's own data without them, and own data without a path.

    Raises:
        BadOption: an option is missing, or does not belong to the dataset.
    """
    from toolkit.data import OWN, imagefolder

    if options.dataset in OWN and options.data_path is None:
        raise BadOption("--data-path", expected=f"your data for --dataset {options.dataset}", found="none")
    pictures = (imagefolder.NAME,)
    for name, value, datasets in (
        ("--data-path", options.data_path, OWN),
        ("--image-size", options.image_size, pictures),
        ("--colour", options.colour, pictures),
    ):
        if value is not None and options.dataset not in datasets:
            expected = f"--dataset {' or '.join(datasets)}"
            raise BadOption(name, expected=expected, found=f"--dataset {options.dataset}")
    if options.image_width is not None and options.image_size is None:
        raise BadOption("--image-width", expected="--image-size, the height", found="none")
