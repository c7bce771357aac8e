"""A dataset of four idx files: training images and labels, test images and labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.data.dataset import Dataset, Split
from toolkit.data.fetch import download, require_folder
from toolkit.data.idx import IdxFile, read
from toolkit.data.request import Request
from toolkit.data.split import held_out

_SHARE = 12  # 1/12 of the training images each for validation and calibration: 5,000 of 60,000


@dataclass(frozen=True)
class IdxSet:
    """A dataset of idx files.

    Attributes:
        name: name of the dataset.
        classes: names of the classes.
        mirrors: where its files can be had, see :func:`toolkit.data.fetch.download`.
        files: training images and labels, test images and labels.
    """

    name: str
    classes: tuple[str, ...]
    mirrors: tuple[str, ...]
    files: tuple[IdxFile, ...]

    def load(self, request: Request) -> Dataset:
        """Read the files, downloaded first if need be, and split the training images.

        Raises:
            DataError: as :func:`toolkit.data.idx.read`, for the first bad file, or a download failed.
        """
        if request.fetch:
            download(request.folder, self.files, self.mirrors, request.progress)
        require_folder(request.folder, [file.name for file in self.files])
        images, labels, test_images, test_labels = (
            read(request.folder / file.name, file) for file in self.files
        )
        whole = Split(images[:, np.newaxis], labels.astype(np.int64))
        test = Split(test_images[:, np.newaxis].copy(), test_labels.astype(np.int64))
        return Dataset(self.name, self.classes, *held_out(whole, _SHARE, request.seed), test)
