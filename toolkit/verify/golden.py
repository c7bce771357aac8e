"""Golden execution: the exported QONNX graph, executed on the CPU, is the reference of all comparisons.

Graphs with power-of-two scales run in qonnx's own executor, where float32 is exact thanks to the range rule
of the export; every result is checked to be an integer. Graphs with float scales run in
:mod:`toolkit.verify.exact`, whose integers do not depend on the order of summation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.change_batchsize import ChangeBatchSize
from qonnx.transformation.infer_shapes import InferShapes

from toolkit.core.errors import ArtifactError, DataError, NothingCompared, VerificationMismatch
from toolkit.core.reading import read_onnx
from toolkit.export import Graph, LayerInfo
from toolkit.export.ranges import Interval
from toolkit.verify.exact import Interpreter

Engine = Literal["qonnx", "exact"]
Tensors = dict[str, np.ndarray]

DEFAULT_BATCH = 250  # frames; larger batches exceed the CPU's cache and are slower


class Golden:
    """The executor of one exported graph.

    Args:
        graph: segment or exit path.
        engine: "qonnx" (qonnx's executor) or "exact" (integers, :mod:`toolkit.verify.exact`); None: qonnx if
            it is exact.

    Raises:
        ArtifactError: qonnx is asked for, but scales are not powers of two.
    """

    def __init__(self, graph: Graph, engine: Engine | None = None) -> None:
        self.graph = graph
        self._model = ModelWrapper(read_onnx(graph.file))
        # qonnx takes memory for every threshold of every value
        slow = bool(self._model.get_nodes_by_op_type("MultiThreshold"))
        self.engine: Engine = engine or ("qonnx" if graph.exact and not slow else "exact")
        if self.engine == "qonnx" and not graph.exact:
            raise ArtifactError(
                f"graph {graph.name}",
                expected="power-of-two scales for the qonnx engine",
                found="float scales",
            )
        self._rebatched: tuple[int, ModelWrapper] | None = None
        self._interpreter = Interpreter(self._model.model) if self.engine == "exact" else None

    def run(self, x: np.ndarray, batch: int = DEFAULT_BATCH) -> np.ndarray:
        """Return the integers of the graph's output.

        Args:
            x: integers [N, ...] in the range of ``graph.input.dtype``, any integer type.
            batch: frames per batch.

        Returns:
            int64 [N, ...].

        Raises:
            DataError: shape, type or range of ``x`` is wrong.
            NothingCompared: there are no frames.
            VerificationMismatch: an output value is not an integer of the output type.
        """
        name = self.graph.output.name
        return np.concatenate([part[name] for part in self._batches(x, batch, ())])

    def run_layers(
        self, x: np.ndarray, layers: tuple[str, ...] | None = None, batch: int = DEFAULT_BATCH
    ) -> Tensors:
        """Return the integers of each layer's output by tensor name (``LayerInfo.tensor``), int64 [N, ...].

        Args:
            x: as for :meth:`run`.
            layers: names of layers; None: every activation quantiser. The graph's output is always included.
            batch: frames per batch.

        Raises:
            ArtifactError: the graph lacks a layer.
            DataError, NothingCompared, VerificationMismatch: as :meth:`run`.
        """
        if layers is None:
            wanted = tuple(layer for layer in self.graph.layers if layer.kind == "act")
        else:
            wanted = tuple(self.graph.layer(name) for name in layers)
        parts = list(self._batches(x, batch, wanted))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _batches(self, x: np.ndarray, batch: int, layers: tuple[LayerInfo, ...]) -> Iterator[Tensors]:
        x = self._check_input(np.asarray(x))
        size = min(batch, len(x))
        execute = self._execute_exact if self._interpreter else self._executor_of_qonnx(size)
        for start in range(0, len(x), size):
            frames = x[start : start + size]
            padded = np.concatenate([frames, np.zeros((size - len(frames), *x.shape[1:]), dtype=x.dtype)])
            found = execute(padded, layers)
            yield {name: self._check_output(name, value)[: len(frames)] for name, value in found.items()}

    def _executor_of_qonnx(self, size: int) -> Callable[[np.ndarray, tuple[LayerInfo, ...]], Tensors]:
        if self._rebatched is None or self._rebatched[0] != size:
            model = self._model.transform(ChangeBatchSize(size)).transform(InferShapes())
            for info in (self.graph.input, self.graph.output):
                # Or qonnx would round the values to the annotated integer type, which is slow and hides
                # errors.
                model.set_tensor_datatype(info.name, DataType["FLOAT32"])
            self._rebatched = (size, model)
        model = self._rebatched[1]

        def execute(x: np.ndarray, layers: tuple[LayerInfo, ...]) -> Tensors:
            inputs = {self.graph.input.name: x.astype(np.float32)}
            context = execute_onnx(model, inputs, return_full_exec_context=bool(layers))
            found = {}
            for layer in layers:
                real = context[layer.tensor].astype(np.float64)
                scale = np.array(layer.scale).reshape(1, -1, *[1] * (real.ndim - 2))
                found[layer.tensor] = real / scale
            return found | {self.graph.output.name: context[self.graph.output.name].astype(np.float64)}

        return execute

    def _execute_exact(self, x: np.ndarray, layers: tuple[LayerInfo, ...]) -> Tensors:
        assert self._interpreter is not None
        return self._interpreter(x, [layer.tensor for layer in layers])

    def _check_input(self, x: np.ndarray) -> np.ndarray:
        info = self.graph.input
        what = f"input of graph {self.graph.name}"
        if len(x) == 0:
            raise NothingCompared(what, expected="at least one frame", found="none")
        if x.shape[1:] != info.shape[1:]:
            raise DataError(what, expected=f"shape (N, {', '.join(map(str, info.shape[1:]))})", found=x.shape)
        if not np.issubdtype(x.dtype, np.integer):
            raise DataError(what, expected=f"integers of {info.dtype}", found=x.dtype)
        allowed = Interval.of_dtype(info.dtype)
        if x.min() < allowed.low or x.max() > allowed.high:
            raise DataError(what, expected=f"values of {info.dtype}", found=f"{x.min()} to {x.max()}")
        return x

    def _check_output(self, name: str, value: np.ndarray) -> np.ndarray:
        integers = np.rint(value).astype(np.int64)
        dtype = self._dtype_of(name)
        allowed = Interval.of_dtype(dtype)
        if not np.array_equal(integers, value):
            raise VerificationMismatch(f"tensor {name} of graph {self.graph.name}", expected="whole numbers")
        if integers.min() < allowed.low or integers.max() > allowed.high:
            raise VerificationMismatch(
                f"tensor {name} of graph {self.graph.name}",
                expected=f"values of {dtype}",
                found=f"{integers.min()} to {integers.max()}",
            )
        return integers

    def _dtype_of(self, name: str) -> str:
        if name == self.graph.output.name:
            return self.graph.output.dtype
        return next(layer.dtype for layer in self.graph.layers if layer.tensor == name)
