"""``cifar10-subset``: fewer records of CIFAR-10 in its binary format, for development.

The folder holds any number of ``data_batch_*.bin`` and one ``test_batch.bin``. Figures measured on it are not
those of CIFAR-10.
"""

from __future__ import annotations

from toolkit.core.errors import DataError
from toolkit.core.reading import read_bytes
from toolkit.data.cifar import CLASSES, binary_batch, joined
from toolkit.data.dataset import Dataset
from toolkit.data.fetch import require_folder
from toolkit.data.request import Request
from toolkit.data.split import held_out, require_every_class

NAME = "cifar10-subset"
_SHARE = 10
_TRAINING, _TEST = "data_batch_*.bin", "test_batch.bin"


def load(request: Request) -> Dataset:
    """Load the subset: 1/10 of the training records each for validation and calibration, its own test batch.

    Raises:
        DataError: a file is missing or damaged, or there are too few images for the split.
    """
    folder = request.folder
    require_folder(folder, [_TRAINING, _TEST])
    paths = sorted(folder.glob(_TRAINING), key=lambda path: (len(path.name), path.name))
    if not paths:
        raise DataError(f"data folder {folder}", expected=f"{_TRAINING} and {_TEST}", found="none")
    batches = []
    for path in (*paths, folder / _TEST):
        what = f"data file {path}"
        batches.append(binary_batch(read_bytes(path, what, DataError), what))
    *training, test = batches
    found = Dataset(NAME, CLASSES, *held_out(joined(training), _SHARE, request.seed), test)
    require_every_class(found, f"the subset in {folder}")
    return found
