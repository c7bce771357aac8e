"""``fashion_mnist``: clothes in MNIST's format (Xiao and others, arXiv 1708.07747), official idx files."""

from __future__ import annotations

from toolkit.data.dataset import Dataset
from toolkit.data.idx import IdxFile
from toolkit.data.idx_set import IdxSet
from toolkit.data.request import Request

SET = IdxSet(
    name="fashion_mnist",
    classes=(
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    files=(
        IdxFile("train-images-idx3-ubyte.gz", (60000, 28, 28), "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        IdxFile("train-labels-idx1-ubyte.gz", (60000,), "25c81989df183df01b3e8a0aad5dffbe", limit=10),
        IdxFile("t10k-images-idx3-ubyte.gz", (10000, 28, 28), "bef4ecab320f06d8554ea6380940ec79"),
        IdxFile("t10k-labels-idx1-ubyte.gz", (10000,), "bb300cfdad3c16e7a12a480ee83cd310", limit=10),
    ),
)


def load(request: Request) -> Dataset:
    """Load Fashion-MNIST: 50,000 / 5,000 / 5,000 images of the training set, official test set.

    Raises:
        DataError: a file is missing or not the official one, or a download failed.
    """
    return SET.load(request)
