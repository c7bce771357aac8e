"""The software that graphs were exported from, for comparison with golden execution: a network, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.change_batchsize import ChangeBatchSize
from qonnx.transformation.fold_constants import FoldConstants
from qonnx.transformation.infer_shapes import InferShapes

from hw_models.quantized import QuantEarlyExitNet
from toolkit.core.errors import VerificationMismatch
from toolkit.core.progress import Progress
from toolkit.core.reading import read_onnx, reading
from toolkit.data.random_frames import input_of
from toolkit.export import Graph
from toolkit.export.foreign import ForeignFile
from toolkit.verify.pytorch import torch_logits

Ints = NDArray[np.int64]
BATCH = 25
"""Frames of a file at a time."""


class Software(Protocol):
    """What the graphs of a run were exported from.

    Attributes:
        name: its name in messages.
    """

    name: str

    def logits(self, graphs: Sequence[Graph], images: NDArray[np.uint8], progress: Progress) -> list[Ints]:
        """Return its logits as integers of each graph's steps, (N, classes) for each exit path."""

    def exact(self, graph: Graph) -> bool:
        """Whether its logits must be those of golden execution, whatever the order of its sums."""


class NetworkReference:
    """The PyTorch network."""

    name = "PyTorch"

    def __init__(self, net: QuantEarlyExitNet) -> None:
        self._net = net

    def logits(self, graphs: Sequence[Graph], images: NDArray[np.uint8], progress: Progress) -> list[Ints]:
        """Return the integers of its logits."""
        return torch_logits(self._net, [graph.output.scale for graph in graphs], images)

    def exact(self, graph: Graph) -> bool:
        """Whether all scales are powers of two."""
        return graph.exact


class FileReference:
    """Somebody else's QONNX file, executed by qonnx as it is.

    Args:
        folder: folder of the export, with ``foreign.json`` and the file.

    Raises:
        ArtifactError: it is damaged or has changed.
    """

    def __init__(self, folder: Path) -> None:
        self.record = ForeignFile.load(folder)
        model = read_onnx(self.record.original(folder))
        self._input = input_of(folder, model).name
        held = [one for one in model.graph.input if one.name != self._input]
        for one in held:  # constants among the inputs, as older exports have them
            model.graph.input.remove(one)
        self._model = ModelWrapper(model)
        self.name = self.record.name

    def logits(self, graphs: Sequence[Graph], images: NDArray[np.uint8], progress: Progress) -> list[Ints]:
        """Return the integers of its outputs.

        Raises:
            VerificationMismatch: qonnx gives other outputs for a frame alone than in a batch.
        """
        parts = []
        for start in range(0, len(images), BATCH):
            progress(f"{self.name} by qonnx", start, len(images))
            parts.append(self.record.integers(self._execute(images[start : start + BATCH])))
        alone = self.record.integers(self._execute(images[:1], rebatch=False))
        if not np.array_equal(alone, parts[0][:1]):
            what = f"{self.name} by qonnx"
            raise VerificationMismatch(what, expected=alone.tolist(), found=parts[0][:1].tolist())
        return [np.concatenate(parts)]

    def exact(self, graph: Graph) -> bool:
        """Whether float32 computes the file without rounding a sum."""
        return self.record.exact

    def _execute(self, images: NDArray[np.uint8], *, rebatch: bool = True) -> NDArray[np.floating]:
        with reading(f"{self.name} by qonnx", "outputs"):
            model = self._model.transform(ChangeBatchSize(len(images))) if rebatch else self._model
            model = model.transform(InferShapes())
            if model.get_nodes_by_op_type("Shape"):  # of this batch, so that all shapes are known
                model = model.transform(FoldConstants()).transform(InferShapes())
            given, sink = {self._input: self.record.inputs(images)}, model.graph.output[0].name
            found: NDArray[np.floating] = execute_onnx(model, given)[sink]
        return found.reshape(len(images), -1)
