"""Golden execution: PyTorch, qonnx and the integer interpreter give the same integers; segments chain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hw_models
from hw_models import Conv, Flatten, Linear, NetworkSpec, QuantConfig, Relu
from hw_models.quantized import QuantEarlyExitNet, build_quantized
from tests.export.networks import digit_images, network, noise_images, quants, specs
from toolkit.core.errors import (
    ArtifactError,
    DataError,
    NothingCompared,
    UnsupportedOperator,
    VerificationMismatch,
)
from toolkit.core.topology import head, trunk
from toolkit.export import ExitGraphs, Graph
from toolkit.export.export import export_graphs
from toolkit.verify.exact import Interpreter
from toolkit.verify.golden import Golden
from toolkit.verify.pytorch import torch_logits

Exported = tuple[QuantEarlyExitNet, ExitGraphs]

NARROW_TO_WIDE = {
    "trunk0.conv0": (2, 8),
    "head0.conv0": (3, 7),
    "trunk1.conv0": (4, 6),
    "trunk1.conv1": (5, 5),
}
WIDE_TO_NARROW = {
    "trunk0.conv0": (8, 2),
    "head0.conv0": (7, 3),
    "trunk1.conv0": (6, 4),
    "trunk1.conv1": (5, 3),
}
CASES = {
    "se-w4a4": ("b_lenet_se", QuantConfig()),
    "se-widening": ("b_lenet_se", QuantConfig(overrides=NARROW_TO_WIDE, last_weight_bits=8)),
    "fcn-narrowing": ("b_lenet_fcn", QuantConfig(2, 8, overrides=WIDE_TO_NARROW, per_channel=True)),
}
SLOW_CASES = {
    f"{name}-{quant.key()}": (name, quant)
    for name in hw_models.names()
    for quant in [QuantConfig(b, 10 - b, per_channel=pc) for b in (2, 3, 5, 8) for pc in (False, True)]
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Exported]:
    made: dict[str, Exported] = {}

    def make(case: str) -> Exported:
        if case not in made:
            net = network(*(CASES | SLOW_CASES)[case])
            made[case] = net, export_graphs(net, tmp_path_factory.mktemp(case))
        return made[case]

    return make


@pytest.mark.parametrize("case", [*CASES, *(pytest.param(c, marks=pytest.mark.slow) for c in SLOW_CASES)])
def test_torch_qonnx_and_interpreter_agree(exported: Callable[[str], Exported], case: str) -> None:
    net, graphs = exported(case)
    shape = net.spec.input_shape
    images = digit_images(60) if shape == (1, 28, 28) else noise_images(6, shape)
    scales = [path.output.scale for path in graphs.paths]
    expected = torch_logits(net, scales, images)
    for path, logits in zip(graphs.paths, expected, strict=True):
        assert np.array_equal(Golden(path).run(images), logits)
        every = tuple(layer.name for layer in path.layers)
        by_qonnx = Golden(path, "qonnx").run_layers(images[:10], every)
        by_integers = Golden(path, "exact").run_layers(images[:10], every)
        assert list(by_qonnx) == list(by_integers)
        for tensor, values in by_qonnx.items():
            assert np.array_equal(values, by_integers[tensor]), tensor


@pytest.mark.parametrize("case", CASES)
def test_chained_segments_equal_the_exit_path(exported: Callable[[str], Exported], case: str) -> None:
    graphs = exported(case)[1]
    feature = digit_images(40)
    for k, path in enumerate(graphs.paths):
        feature = Golden(graphs.segments[trunk(k)]).run(feature)
        logits = Golden(graphs.segments[head(k)]).run(feature)
        assert np.array_equal(logits, Golden(path).run(digit_images(40)))
        assert len(np.unique(logits)) > 10


@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(specs(), quants, st.integers(0, 1000))
def test_random_networks(
    tmp_path_factory: pytest.TempPathFactory, spec: NetworkSpec, quant: QuantConfig, seed: int
) -> None:
    check_random(tmp_path_factory.mktemp("random"), spec, quant, seed)


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs(), quants, st.integers(0, 1000))
def test_many_random_networks(
    tmp_path_factory: pytest.TempPathFactory, spec: NetworkSpec, quant: QuantConfig, seed: int
) -> None:
    check_random(tmp_path_factory.mktemp("random"), spec, quant, seed)


def check_random(folder: Path, spec: NetworkSpec, quant: QuantConfig, seed: int) -> None:
    net = network(spec, quant, seed)
    graphs = export_graphs(net, folder)
    feature = images = noise_images(9, spec.input_shape, seed)
    expected = torch_logits(net, [path.output.scale for path in graphs.paths], images)
    for k, path in enumerate(graphs.paths):
        feature = Golden(graphs.segments[trunk(k)]).run(feature)
        assert np.array_equal(Golden(graphs.segments[head(k)]).run(feature), expected[k])
        assert np.array_equal(Golden(path, "qonnx").run(images), expected[k])
        assert np.array_equal(Golden(path, "exact").run(images), expected[k])


def ramp(signed: bool) -> NetworkSpec:
    """One weight per pixel value, so that every accumulator is a known integer."""
    tail = () if signed else (Relu(),)
    return NetworkSpec(
        "ramp", (1, 16, 16), 2, ((Conv(1, 1, bias=False), *tail),), ((Flatten(), Linear(2)),), (1.0,)
    )


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("engine", ["qonnx", "exact"])
def test_ties_round_half_to_even(tmp_path: Path, signed: bool, engine: str) -> None:
    net = build_quantized(ramp(signed), QuantConfig(2, 8)).eval()
    with torch.no_grad():
        net.trunks[0].conv0.weight.fill_(-1.0 if signed else 1.0)
        # one weight step is 1, so accumulators are pixels (or minus pixels); one output step is 4 of them
        net.trunks[0].conv0.weight_quant.tensor_quant.scaling_impl.value.fill_(1.0)
        act = net.trunks[0].quant0 if signed else net.trunks[0].relu0
        scaling = act.act_quant.fused_activation_quant_proxy.tensor_quant.scaling_impl
        scaling.value.fill_(-8.0 + 2.0 + (7.0 if signed else 8.0))
    graphs = export_graphs(net, tmp_path)
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    found = Golden(graphs.segments[trunk(0)], engine).run(pixels)  # type: ignore[arg-type]
    exact = (-1 if signed else 1) * pixels.astype(np.int64)
    assert np.array_equal(found, np.rint(exact / 4).astype(np.int64))  # numpy rounds half to even


def test_float_scales_are_golden_in_integers_and_torch_is_counted(tmp_path: Path) -> None:
    net = network("b_lenet_se", QuantConfig(4, 4, scaling="float", per_channel=True))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for scale in net.scale_parameters():  # calibrated scales share a coarse grid, trained ones do not
            scale += 0.05 * torch.rand(scale.shape, generator=generator)
    graphs = export_graphs(net, tmp_path)
    images = digit_images(100)
    with pytest.raises(ArtifactError, match="power-of-two"):
        Golden(graphs.paths[0], "qonnx")
    feature = Golden(graphs.segments[trunk(0)]).run(images)
    chained = Golden(graphs.segments[head(0)]).run(feature)
    assert np.array_equal(chained, Golden(graphs.paths[0]).run(images))
    scales = [path.output.scale for path in graphs.paths]
    for path, logits in zip(graphs.paths, torch_logits(net, scales, images), strict=True):
        golden = Golden(path).run(images)
        assert (golden != logits).any(axis=1).sum() <= 10
        assert (golden.argmax(axis=1) != logits.argmax(axis=1)).sum() <= 1


def test_layers_and_batches(exported: Callable[[str], Exported]) -> None:
    graph = exported("se-w4a4")[1].paths[1]
    golden, images = Golden(graph), digit_images(23)
    whole = golden.run(images)
    assert whole.dtype == np.int64
    assert whole.shape == (23, 10)
    for batch in (1, 7, 23, 1000):
        assert np.array_equal(golden.run(images, batch=batch), whole)
    layers = golden.run_layers(images, batch=7)
    assert list(layers) == ["trunk0.relu0.out", "trunk1.relu0.out", "trunk1.relu1.out", "logits1"]
    assert np.array_equal(layers["logits1"], whole)
    assert layers["trunk1.relu1.out"].shape == (23, 20, 12, 12)
    assert 0 <= layers["trunk1.relu1.out"].min() < layers["trunk1.relu1.out"].max() <= 15


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 1, 28, 27), np.uint8), r"shape \(N, 1, 28, 28\)"),
        (np.zeros((2, 1, 28, 28), np.float32), "integers of UINT8; found float32"),
        (np.full((2, 1, 28, 28), 256), "values of UINT8; found 256 to 256"),
        (np.full((2, 1, 28, 28), -1), "found -1 to -1"),
    ],
)
def test_bad_input_is_refused(exported: Callable[[str], Exported], images: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Golden(exported("se-w4a4")[1].paths[0]).run(images)


def test_nothing_to_run_is_an_error(exported: Callable[[str], Exported]) -> None:
    with pytest.raises(NothingCompared):
        Golden(exported("se-w4a4")[1].paths[0]).run(np.zeros((0, 1, 28, 28), np.uint8))


def altered(graph: Graph, folder: Path, tensor: str, change: Callable[[np.ndarray], np.ndarray]) -> Graph:
    """A copy of ``graph`` with one initialiser changed."""
    model = onnx.load(graph.file)
    (init,) = [init for init in model.graph.initializer if init.name == tensor]
    init.CopyFrom(onnx.numpy_helper.from_array(change(onnx.numpy_helper.to_array(init).copy()), tensor))
    onnx.save(model, folder / "altered.onnx")
    return graph.model_copy(update={"file": folder / "altered.onnx"})


def test_results_off_the_grid_or_out_of_range_are_noticed(
    exported: Callable[[str], Exported], tmp_path: Path
) -> None:
    graph = exported("se-w4a4")[1].paths[0]
    off_grid = altered(
        graph, tmp_path, "head0.linear0.bias", lambda bias: bias + np.float32(graph.output.scale / 4)
    )
    with pytest.raises(VerificationMismatch, match=r"logits0.*whole numbers"):
        Golden(off_grid, "qonnx").run(digit_images(3))
    too_large = altered(
        graph, tmp_path, "head0.linear0.bias", lambda bias: bias + np.float32(2**20 * graph.output.scale)
    )
    with pytest.raises(VerificationMismatch, match=f"logits0.*values of {graph.output.dtype}"):
        Golden(too_large).run(digit_images(3))


def test_one_bit_of_one_weight_shows_first_in_its_own_layer(
    exported: Callable[[str], Exported], tmp_path: Path
) -> None:
    graph = exported("se-w4a4")[1].paths[1]

    def flip(weight: np.ndarray) -> np.ndarray:
        step = np.abs(weight[weight != 0]).min()
        weight[3, 2, 1, 1] += step if weight[3, 2, 1, 1] <= 0 else -step
        return weight

    changed = altered(graph, tmp_path, "trunk1.conv0.weight", flip)
    every = tuple(layer.name for layer in graph.layers)
    good, bad = (Golden(g).run_layers(digit_images(10), every) for g in (graph, changed))
    differing = [
        layer.name for layer in graph.layers if not np.array_equal(good[layer.tensor], bad[layer.tensor])
    ]
    assert differing[0] == "trunk1.conv0"
    assert set(np.argwhere(good["trunk1.conv0.out"] != bad["trunk1.conv0.out"])[:, 1]) == {3}


def test_the_interpreter_refuses_what_it_does_not_know(exported: Callable[[str], Exported]) -> None:
    model = onnx.load(exported("se-w4a4")[1].segments[trunk(0)].file)
    model.graph.node[-2].op_type = "AveragePool"
    with pytest.raises(UnsupportedOperator, match=r"AveragePool 'trunk0\.pool0'"):
        Interpreter(model)(digit_images(2), ())
