"""Somebody else's QONNX files: the integers made of them are what qonnx computes, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from tests.export.foreign_files import Chain, binary, convolutional
from toolkit.core.errors import ArtifactError, OfframpError, RangeExceeded, UnsupportedOperator
from toolkit.export import ExitGraphs
from toolkit.export.foreign import ForeignFile
from toolkit.export.foreign.graph import import_graphs
from toolkit.verify.golden import Golden
from toolkit.verify.software import FileReference

FRAMES = 40
TURNED = np.array([1.0, -1.0]).reshape(2, 1, 1)
PADDED = {"pads": [1, 1, 1, 1]}


def small() -> Chain:
    """Pixels 0 to 255 into a convolution, a quantiser and the chain's end is still to come."""
    return Chain(1, 1, 5, 5, annotated="UINT8").conv(1, 2, 3, bits=3, scale=1.0)


def ended(chain: Chain, features: int) -> Chain:
    return chain.node("Flatten").node("MatMul", chain.weights(features, 3))


def _ended_by_shape(chain: Chain, features: int) -> Chain:
    return chain.flattened_by_shape().node("MatMul", chain.weights(features, 3))


def pooled(chain: Chain, **attributes: object) -> Chain:
    return chain.node("MaxPool", **{"kernel_shape": [2, 2], "strides": [2, 2], **attributes})


CHAINS: dict[str, Callable[[], Chain]] = {
    "convolutional": convolutional,
    "convolutional, other weights": lambda: convolutional(seed=1),
    "binary": binary,
    "binary, other weights": lambda: binary(seed=1),
    "pixels": lambda: ended(small().quant(4, 16.0), 18),
    "pixels with a scale": lambda: ended(
        Chain(1, 1, 5, 5, annotated="UINT8").node("Mul", 0.25).conv(1, 2, 3).quant(4, 0.5), 18
    ),
    "a pool before the quantiser": lambda: ended(pooled(small()).node("Relu").quant(4, 64.0), 2),
    "turned signs before a pool": lambda: ended(
        pooled(small().node("Mul", TURNED)).quant(6, 32.0, signed=True), 2
    ),
    "ceil mode": lambda: ended(pooled(small().quant(4, 16.0), ceil_mode=1), 8),
    "ceil mode, padded": lambda: ended(
        pooled(small().quant(4, 8.0, signed=True), ceil_mode=1, strides=[3, 3], **PADDED), 8
    ),
    "uneven padding": lambda: ended(
        Chain(1, 1, 5, 5, annotated="UINT8").conv(1, 2, 3, pads=[0, 1, 2, 0]).quant(4, 8.0), 40
    ),
    "strides": lambda: ended(
        Chain(1, 1, 5, 5, annotated="UINT8").conv(1, 2, 3, strides=[2, 1]).quant(4, 8.0), 12
    ),
    "ties": lambda: ended(small().node("Mul", 0.5).quant(4, 1.0, signed=True), 18),
    "floor": lambda: ended(small().quant(4, 16.0, rounding_mode="FLOOR"), 18),
    "a zero point": lambda: ended(small().quant(5, 16.0, zero=7), 18),
    "narrow": lambda: ended(small().quant(4, 16.0, signed=True, narrow=1), 18),
    "a ReLU that does nothing": lambda: ended(small().quant(4, 16.0).node("Relu"), 18),
    "a factor behind a quantiser": lambda: ended(small().quant(4, 16.0).node("Div", 3.0), 18),
    "quantised twice": lambda: ended(small().quant(6, 4.0, signed=True).node("Relu").quant(3, 16.0), 18),
    "thresholds": lambda: ended(
        small().node(
            "MultiThreshold", np.sort(np.random.default_rng(0).normal(0, 90, (2, 7))), out_dtype="UINT3"
        ),
        18,
    ),
    "thresholds with a bias": lambda: ended(
        small().node("MultiThreshold", [[-50.0, 9.0, 60.0]], out_dtype="INT2", out_bias=-4.0, out_scale=2.0),
        18,
    ),
    "from a constant": lambda: ended(small().node("Sub", 20.0, first=False).quant(4, 16.0), 18),
    "an input per channel": lambda: ended(
        Chain(1, 2, 3, 3).node("Sub", np.array([0.4, 0.5]).reshape(2, 1, 1)).quant(4, 1 / 16, signed=True), 18
    ),
    "a flat input": lambda: ended(Chain(1, 18).node("Mul", 2.0).quant(4, 1 / 8, signed=True), 18),
    "weights per channel": lambda: ended(
        Chain(1, 1, 5, 5, annotated="UINT8")
        .conv(1, 2, 3, scale=np.array([0.25, 0.5]).reshape(2, 1, 1, 1))
        .quant(4, 4.0),
        18,
    ),
    "a last quantiser": lambda: ended(small().quant(4, 16.0), 18).quant(6, 0.5, signed=True),
    "outputs of other scales": lambda: ended(small().quant(4, 16.0), 18).norm(3),
    "a bias off the grid": lambda: ended(small().quant(4, 16.0), 18).node("Add", [0.1, 0.2, -0.3]),
    "scales of any value": lambda: ended(small().node("Mul", 0.037).quant(4, 0.61), 18),
    "weights of any scale": lambda: convolutional(scale=0.0917),
    "a computed shape": lambda: _ended_by_shape(small().quant(4, 16.0), 18),
}
ROUNDED = {"weights of any scale", "a factor behind a quantiser", "scales of any value"}
"""Files of which float32 rounds sums or products, so that an order is not told by the file."""


def made(chain: Chain, folder: Path, shape: tuple[int, int, int] | None = None) -> ExitGraphs:
    folder.mkdir(exist_ok=True)
    *front, last = chain.shape[1:]
    channels, height = front or (2, 3)
    own = (channels, height, last if front else last // 6)
    file = chain.save(folder / "net.onnx")
    return import_graphs(file, folder, "net", shape or own)[0]


@pytest.mark.parametrize("kind", CHAINS)
def test_the_integers_are_what_qonnx_computes(tmp_path: Path, kind: str) -> None:
    graphs = made(CHAINS[kind](), tmp_path)
    (path,) = graphs.paths
    frames = np.random.default_rng(1).integers(0, 256, (FRAMES, *path.input.shape[1:]), np.uint8)
    golden = Golden(path).run(frames)
    reference = FileReference(tmp_path)
    assert reference.exact(path) == (kind not in ROUNDED)
    (found,) = reference.logits(graphs.paths, frames, lambda *_: None)
    assert np.array_equal(found, golden)
    assert len(np.unique(golden, axis=0)) > 2
    value = frames
    for segment in graphs.segments.values():
        value = Golden(segment).run(value)
    assert np.array_equal(value, golden)
    assert ExitGraphs.load(tmp_path) == graphs
    record = ForeignFile.load(tmp_path)
    assert np.array_equal(record.integers(record.outputs(golden)), golden)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        made(convolutional(), tmp_path / name)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def refusal(chain: Chain, folder: Path, shape: tuple[int, int, int] | None = None) -> OfframpError:
    with pytest.raises(OfframpError) as caught:
        made(chain, folder, shape)
    return caught.value


def test_all_that_is_not_supported_is_named_at_once(tmp_path: Path) -> None:
    chain = Chain(1, 2, 6, 6).quant(8, 1 / 256).conv(2, 2, 3, group=1, dilations=[2, 2]).node("Sigmoid")
    chain.node("Conv", np.ones((2, 2, 1, 1)), kernel_shape=[1, 1]).quant(4, 0.5).node("Softmax")
    pooled(chain, auto_pad="SAME_UPPER")
    tensor = chain.tensor
    chain.node("Conv", chain.weights(2, 1, 1, 1), kernel_shape=[1, 1], group=2)
    chain.nodes.append(helper.make_node("Add", [tensor, chain.tensor], ["sum"], name="join"))
    chain.tensor = "sum"
    error = refusal(ended(chain, 2), tmp_path)
    assert isinstance(error, UnsupportedOperator)
    assert [one.split(": ", 1)[1] for one in error.details] == [
        f"joins {tensor}, {chain.nodes[-5].output[0]}, and only chains can be compiled",
        f"branches off to Conv '{chain.nodes[-5].name}', Add 'join'",
        "dilation other than 1",
        "Sigmoid is not supported",
        "its weights are not quantised",
        "Softmax is not supported",
        "auto_pad; give the padding in numbers",
        "group 2, where only 1 can be compiled",
    ]
    assert all("'" in one.split(": ", 1)[0] for one in error.details)


REFUSED: dict[str, tuple[Callable[[], Chain], type[OfframpError], str]] = {
    "no input quantiser": (
        lambda: ended(Chain(1, 1, 5, 5).conv(1, 2, 3).quant(4, 1.0), 18),
        UnsupportedOperator,
        "input; expected a quantiser behind it, or the annotation UINT8 .* found real numbers, which Conv",
    ),
    "another type of input": (
        lambda: ended(Chain(1, 1, 5, 5, annotated="INT8").conv(1, 2, 3).quant(4, 1.0), 18),
        UnsupportedOperator,
        "input; expected pixels 0 to 255 .* found INT8",
    ),
    "no quantiser between": (
        lambda: ended(small(), 18),
        UnsupportedOperator,
        "MatMul '.*expected integers from a quantiser; found outputs of another layer",
    ),
    "a summand behind the quantiser": (
        lambda: ended(small().quant(4, 16.0).node("Add", 1.0), 18),
        UnsupportedOperator,
        "MatMul '.*found Add '.*' between",
    ),
    "too many bits": (lambda: ended(small().quant(12, 1.0), 18), UnsupportedOperator, "Quant '.*1 to 8"),
    "too wide a zero point": (
        lambda: ended(small().quant(8, 1.0, zero=100), 18),
        UnsupportedOperator,
        "at most 8 bits; found INT9",
    ),
    "scales per channel": (
        lambda: ended(small().quant(4, np.ones((1, 2, 1, 1))), 18),
        UnsupportedOperator,
        "scale of Quant '.*one for all channels",
    ),
    "signs that turn behind a pool": (
        lambda: ended(pooled(small()).node("Mul", TURNED).quant(4, 1.0, signed=True), 2),
        UnsupportedOperator,
        "behind a max-pool",
    ),
    "a convolution last": (lambda: small().quant(4, 16.0).conv(2, 3, 3), UnsupportedOperator, "the end"),
    "one layer": (
        lambda: ended(Chain(1, 1, 3, 2, annotated="UINT8"), 6),
        UnsupportedOperator,
        "at least two",
    ),
    "another size of weights": (
        lambda: ended(small().quant(4, 16.0), 17),
        UnsupportedOperator,
        r"MatMul '.*weights for features \[18\]; found shape \[17, 3\]",
    ),
    "a sum beyond float32": (
        lambda: ended(Chain(1, 300, 9, 9, annotated="UINT8").conv(300, 2, 9, bits=8).quant(4, 16.0), 2),
        RangeExceeded,
        "accumulator of Conv '",
    ),
    "a ReLU at the end": (
        lambda: ended(small().quant(4, 16.0), 18).node("Relu"),
        UnsupportedOperator,
        "the output; expected a quantiser behind Relu",
    ),
    "another reshape": (
        lambda: ended(small().quant(4, 16.0).reshape(1, 2, 9), 18),
        UnsupportedOperator,
        "Reshape '.*a flattening to 1x18",
    ),
    "a dynamic batch": (
        lambda: ended(Chain("N", 1, 5, 5).quant(8, 1 / 256), 25),
        ArtifactError,
        "found Nx1x5x5",
    ),
    "several pictures": (
        lambda: ended(Chain(8, 1, 5, 5).quant(8, 1 / 256), 25),
        ArtifactError,
        "found 8x1x5x5",
    ),
    "not a finite number": (
        lambda: ended(small().node("Mul", np.inf).quant(4, 1.0), 18),
        UnsupportedOperator,
        "Mul '.*finite constants",
    ),
    "a scale of nothing": (lambda: ended(small().quant(4, 0.0), 18), UnsupportedOperator, "numbers above 0"),
    "a rounding nobody knows": (
        lambda: ended(small().quant(4, 1.0, rounding_mode="MAYBE"), 18),
        OfframpError,
        "MAYBE",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_has_no_integers_is_refused(tmp_path: Path, kind: str) -> None:
    chain, error, words = REFUSED[kind]
    with pytest.raises(error, match=words):
        made(chain(), tmp_path, (1, 5, 5) if chain().shape[0] != 1 else None)


def test_pictures_of_another_shape(tmp_path: Path) -> None:
    error = refusal(convolutional(), tmp_path, (1, 28, 28))
    assert "input; expected 2x6x6; found 1x28x28" in str(error)


@pytest.mark.parametrize("opset", [8, 99])
def test_another_version(tmp_path: Path, opset: int) -> None:
    with pytest.raises(ArtifactError, match=rf"\(opset\); expected 9 to .*; found {opset}"):
        import_graphs(convolutional().save(tmp_path / "a.onnx", opset=opset), tmp_path, "net", (2, 6, 6))


def test_tensors_in_other_files(tmp_path: Path) -> None:
    model = convolutional().model()
    onnx.external_data_helper.convert_model_to_external_data(model, location="rest", size_threshold=0)
    onnx.save(model, tmp_path / "a.onnx")
    with pytest.raises(ArtifactError, match="expected all tensors in the file itself"):
        import_graphs(tmp_path / "a.onnx", tmp_path, "net", (2, 6, 6))


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x08\x09"])
def test_files_that_are_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"a\.onnx|original\.onnx"):
        import_graphs(tmp_path / "a.onnx", tmp_path, "net", (2, 6, 6))


@pytest.mark.parametrize("steps", [1000, 8_300_000])
def test_a_bias_is_part_of_the_hardware_where_sums_stay_exact(tmp_path: Path, steps: int) -> None:
    """The accumulators alone reach 2**23, and with the second bias 2**24."""
    chain = Chain(1, 420).quant(8, 2.0**-8)
    weights = chain.weights(420, 3, bits=8, scale=2.0**-7)
    made(chain.node("MatMul", weights).node("Add", [steps * 2.0**-15] * 3), tmp_path)
    assert any(ForeignFile.load(tmp_path).offset) == (steps > 1000)
