"""``foreign.json``: how a QONNX file that was compiled relates to the integers of the graphs made from it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from toolkit.core.artifact import Artifact, sha256_file
from toolkit.core.errors import ArtifactError

COPY = "original.onnx"
"""The file itself, copied beside its graphs."""


class ForeignFile(Artifact):
    """A QONNX file of somebody else.

    Attributes:
        name: name of the file.
        digest: SHA-256 of the file.
        unit: pixel that is 1.0 at the file's input; 1: the input takes the integers 0 to 255 themselves.
        flat: whether the file's input has no rows and columns; a picture is flattened for it.
        scale, offset: the file's output is integer * scale + offset, a number per class.
        macs: multiply-accumulates of a frame.
        positions: pixels of its largest feature map, padding counted.
        exact: whether float32 computes the file without rounding, so that no order of sums changes a result.
    """

    FILE: ClassVar[str] = "foreign.json"

    name: str
    digest: str
    unit: int
    flat: bool
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    macs: int
    positions: int
    exact: bool

    def original(self, folder: Path) -> Path:
        """Return the copy of the file in the folder of the export.

        Raises:
            ArtifactError: it is missing or has changed.
        """
        file = folder / COPY
        if (found := sha256_file(file)) != self.digest:
            raise ArtifactError(f"changed {file}", expected=self.digest, found=found, fix="Export again.")
        return file

    def inputs(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return pictures (N, C, H, W) as the file reads them."""
        values = pixels.astype(np.float32) / np.float32(self.unit)
        return values.reshape(len(values), -1) if self.flat else values

    def integers(self, outputs: NDArray[np.floating]) -> NDArray[np.int64]:
        """Return the integers, int64 (N, classes), that outputs of the file stand for."""
        steps = (outputs.astype(np.float64) - np.array(self.offset)) / np.array(self.scale)
        return np.rint(steps).astype(np.int64)

    def outputs(self, integers: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the outputs of the file, float64 (N, classes), that integers stand for."""
        return integers * np.array(self.scale) + np.array(self.offset)
