"""The tiny network through FINN+: what is generated, refused, folded and cached."""

from __future__ import annotations

import shutil
from pathlib import Path

import onnx
import pytest
from onnx import helper

from tests.conftest import CYCLES, Compiled
from toolkit.boards import board
from toolkit.compile import Segment, compile_segments, segment_candidates
from toolkit.compile.build import segment_key
from toolkit.core.errors import ArtifactError, BadOption, FoldingUnreachable, UnsupportedOperator
from toolkit.core.topology import head, trunk
from toolkit.export import ExitGraphs
from toolkit.families import family, of_part
from toolkit.families.amd import FinnEstimator, packed_rows


def test_every_layer_is_rtl_and_knows_its_network_layer(tiny: Compiled) -> None:
    layers = {
        name: [(n.kind, n.layer) for n in s.nodes if n.kind != "width"] for name, s in tiny.segments.items()
    }
    assert layers[trunk(0)] == [
        ("window", "trunk0.conv0"),
        ("mvau", "trunk0.conv0"),
        ("threshold", "trunk0.relu0"),
        ("pool", "trunk0.pool0"),
    ]
    assert layers[trunk(1)][-2:] == [("mvau", "trunk1.linear0"), ("threshold", "trunk1.quant0")]
    assert layers[head(1)] == [("mvau", "head1.linear0"), ("bias", "head1.linear0")]


def test_target_is_met_and_streams_fit(tiny: Compiled) -> None:
    for segment in tiny.segments.values():
        assert segment.cycles <= CYCLES
        for left, right in zip(segment.nodes, segment.nodes[1:], strict=False):
            assert left.output.lanes * left.output.beats == left.output.lanes * left.output.beats
            assert left.output.width == right.input.width


def test_same_input_same_bytes_anywhere(tiny: Compiled, tmp_path: Path) -> None:
    graph = tiny.graphs.segments[trunk(0)]
    again = compile_segments([graph], CYCLES, tmp_path)[trunk(0)]
    known = tiny.segments[trunk(0)]
    assert again.digest == known.digest
    for name in (*known.sources, *known.data):
        text = (again.path / name).read_bytes()
        assert text == (known.path / name).read_bytes()
        assert str(tmp_path).encode() not in text


def test_cache_is_used_and_keyed_by_folding(
    tiny: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = tiny.graphs.segments[head(1)]
    first = compile_segments([graph], CYCLES, tmp_path / "a", cache_dir=tmp_path / "cache")[head(1)]
    monkeypatch.setattr("toolkit.compile.pipeline.build_segment", None)  # calling it would fail
    second = compile_segments([graph], CYCLES, tmp_path / "b", cache_dir=tmp_path / "cache")[head(1)]
    assert second.digest == first.digest
    assert segment_key(graph, CYCLES) != segment_key(graph, CYCLES + 1)


def test_products_are_made_for_the_kind_of_dsp_block(tiny: Compiled, tmp_path: Path) -> None:
    graph, part = tiny.graphs.segments[trunk(0)], family("xc7").finn_part
    made = compile_segments([graph], CYCLES, tmp_path, part=part)[trunk(0)]
    for segment, version in ((tiny.segments[trunk(0)], 2), (made, 1)):
        (wrapper,) = (segment.path / "rtl").glob("*_wrapper.v")
        assert f"VERSION = {version}," in wrapper.read_text()
    assert segment_key(graph, CYCLES) != segment_key(graph, CYCLES, part)


def test_unreachable_folding_says_the_best(tiny: Compiled, tmp_path: Path) -> None:
    with pytest.raises(FoldingUnreachable, match=r"folding of trunk0.*at best \d+, limited by") as caught:
        compile_segments([tiny.graphs.segments[trunk(0)]], 3, tmp_path)
    best = caught.value.best
    assert compile_segments([tiny.graphs.segments[trunk(0)]], best, tmp_path)[trunk(0)].cycles == best
    with pytest.raises(FoldingUnreachable) as again:
        compile_segments([tiny.graphs.segments[trunk(0)]], best - 1, tmp_path)
    assert again.value.best == best


def test_cycles_must_be_positive(tiny: Compiled, tmp_path: Path) -> None:
    with pytest.raises(BadOption, match="cycles per frame"):
        compile_segments(tiny.graphs.segments.values(), 0, tmp_path)


@pytest.mark.parametrize("operator", ["Sigmoid", "AveragePool"])
def test_operator_without_hardware_is_named_with_its_place(
    tiny_graphs: ExitGraphs, tmp_path: Path, operator: str
) -> None:
    graph = tiny_graphs.segments[head(0)]
    model = onnx.load(graph.file)
    node = next(n for n in model.graph.node if n.op_type == "Flatten")
    position = list(model.graph.node).index(node)
    node.CopyFrom(helper.make_node(operator, node.input, node.output, name="head0.odd0"))
    broken = tmp_path / "head0.onnx"
    onnx.save(model, broken)
    graph = graph.model_copy(update={"file": broken, "digest": "0"})
    with pytest.raises(
        UnsupportedOperator, match=rf"{operator} 'head0.odd0' in head0 \(node {position + 1} of "
    ):
        compile_segments([graph], CYCLES, tmp_path / "out")
    assert not (tmp_path / "out" / "head0").exists()


def test_a_missing_description_is_no_segment(tiny: Compiled, tmp_path: Path) -> None:
    shutil.copytree(tiny.segments[head(1)].path, tmp_path / "head1")
    assert Segment.load(tmp_path / "head1").digest == tiny.segments[head(1)].digest
    (tmp_path / "head1" / "segment.json").unlink()
    with pytest.raises(ArtifactError, match=r"segment\.json is missing"):
        Segment.load(tmp_path / "head1")


def test_a_folding_can_be_given_as_it_is(tiny: Compiled, tmp_path: Path) -> None:
    graph = tiny.graphs.segments[trunk(0)]
    units = segment_candidates(graph, board("zc706"))
    chosen = [min(unit.candidates, key=lambda option: option.cycles) for unit in units]
    folding = tuple(attributes for option in chosen for attributes in option.attributes)
    segment = compile_segments([graph], {trunk(0): folding}, tmp_path / "a")[trunk(0)]
    assert segment.cycles == max(option.cycles for option in chosen) < tiny.segments[trunk(0)].cycles
    given = [node.attributes for node in segment.nodes if node.kind != "width"]
    assert all(dict(mine).items() <= there.items() for mine, there in zip(folding, given, strict=True))
    with pytest.raises(BadOption, match=rf"folding of trunk0; expected {len(folding)} nodes"):
        compile_segments([graph], {trunk(0): folding[1:]}, tmp_path / "b")


@pytest.mark.parametrize(
    ("part", "weights", "activations", "narrow", "rows"),
    [
        ("xc7z045ffg900-2", 4, 4, True, 4),
        ("xc7z045ffg900-2", 4, 4, False, 3),
        ("xc7z045ffg900-2", 4, 8, True, 2),
        ("xczu7ev-ffvc1156-2-e", 4, 8, True, 3),
        ("xc7z045ffg900-2", 8, 8, True, 2),
        ("xczu7ev-ffvc1156-2-e", 2, 2, True, 9),
    ],
)
def test_rows_that_share_a_multiplier(
    part: str, weights: int, activations: int, narrow: bool, rows: int
) -> None:
    """As ``mvu.sv`` divides the 25 or 27 bits of the wide operand: 1 + (wide - guard - W) / (W + A - 1)."""
    estimator = of_part(part).estimator
    assert isinstance(estimator, FinnEstimator)
    assert packed_rows(estimator.operand_bits, weights, activations, narrow) == rows
