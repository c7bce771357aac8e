"""``mnist``: the four official idx files, read from a folder or downloaded into the user's cache."""

from __future__ import annotations

from toolkit.data.dataset import Dataset
from toolkit.data.idx import IdxFile
from toolkit.data.idx_set import IdxSet
from toolkit.data.request import Request

SET = IdxSet(
    name="mnist",
    classes=tuple("0123456789"),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    files=(
        IdxFile(
            "train-images-idx3-ubyte.gz",
            (60000, 28, 28),
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        IdxFile(
            "train-labels-idx1-ubyte.gz",
            (60000,),
            "d53e105ee54ea40749a09fcbcd1e9432",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            limit=10,
        ),
        IdxFile(
            "t10k-images-idx3-ubyte.gz",
            (10000, 28, 28),
            "9fb629c4189551a2d022fa330f9573f3",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        IdxFile(
            "t10k-labels-idx1-ubyte.gz",
            (10000,),
            "ec29112dd5afa0611ce80d1b7f02629c",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            limit=10,
        ),
    ),
)


def load(request: Request) -> Dataset:
    """Load MNIST: 50,000 / 5,000 / 5,000 training, validation and calibration images, official test set.

    Raises:
        DataError: a file is missing or not the official one, or a download failed.
    """
    return SET.load(request)
