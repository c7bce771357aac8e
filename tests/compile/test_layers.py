"""The layer's name on its node: from the exported graph to the compiled segment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from qonnx.core.modelwrapper import ModelWrapper

from tests.conftest import CYCLES, Compiled
from toolkit.compile.finnplus import finn_session
from toolkit.compile.layers import layer_of, node_layers
from toolkit.compile.pipeline import hardware_model
from toolkit.compile.products import mark_products, products
from toolkit.compile.segment import STREAMLINED
from toolkit.core.errors import ArtifactError, UnsupportedOperator
from toolkit.core.topology import head, trunk


def test_every_node_of_the_tiny_network(tiny: Compiled) -> None:
    found = {
        segment.name: [(node.kind, node.layer.partition(".")[2]) for node in segment.nodes]
        for segment in tiny.segments.values()
    }
    # Windows, padding and width converters belong to the layer that they feed, a bias to its product.
    computing = {
        name: [entry for entry in nodes if entry[0] not in ("window", "padding", "width")]
        for name, nodes in found.items()
    }
    assert computing == {
        "trunk0": [("mvau", "conv0"), ("threshold", "relu0"), ("pool", "pool0")],
        "head0": [("mvau", "linear0"), ("bias", "linear0")],
        "trunk1": [
            ("mvau", "conv0"),
            ("threshold", "relu0"),
            ("mvau", "linear0"),
            ("threshold", "quant0"),
        ],
        "head1": [("mvau", "linear0"), ("bias", "linear0")],
    }
    for segment in tiny.segments.values():
        assert {node.layer.partition(".")[0] for node in segment.nodes} == {segment.name}
        for node, following in zip(segment.nodes, segment.nodes[1:], strict=False):
            if node.kind in ("window", "padding", "width"):
                assert node.layer == following.layer


def test_marks_are_stored_with_the_streamlined_model(tiny: Compiled) -> None:
    model = ModelWrapper(str(tiny.segments[trunk(1)].path / STREAMLINED))
    marks = [(node.op_type, layer_of(node)) for node in model.graph.node if layer_of(node)]
    assert [mark for mark in marks if mark[0] != "Flatten"] == [
        ("MatMul", "trunk1.conv0"),
        ("MultiThreshold", "trunk1.relu0"),
        ("MatMul", "trunk1.linear0"),
        ("MultiThreshold", "trunk1.quant0"),
    ]


def test_a_product_with_other_weights_is_refused(tiny: Compiled, tmp_path: Path) -> None:
    exported = products(ModelWrapper(str(tiny.graphs.segments[head(0)].file)))
    model = onnx.load(tiny.segments[head(0)].path / STREAMLINED)
    (product,) = [node for node in model.graph.node if node.op_type == "MatMul"]
    (weights,) = [one for one in model.graph.initializer if one.name == product.input[1]]
    values = numpy_helper.to_array(weights)
    weights.CopyFrom(numpy_helper.from_array(values[::-1].copy(), weights.name))
    mark_products(ModelWrapper(model), exported)  # another order of inputs is none of its business
    changed = values.copy()
    changed[0, 0] += 1
    weights.CopyFrom(numpy_helper.from_array(changed, weights.name))
    with pytest.raises(UnsupportedOperator, match="integers that were exported"):
        mark_products(ModelWrapper(model), exported)
    with pytest.raises(UnsupportedOperator, match="products; expected 2; found 1"):
        mark_products(ModelWrapper(model), exported * 2)
    assert np.abs(values).max() > 0


def test_a_lost_mark_is_noticed(tiny: Compiled) -> None:
    with finn_session():
        graph = tiny.graphs.segments[trunk(0)]
        streamlined = ModelWrapper(str(tiny.segments[trunk(0)].path / STREAMLINED))
        model = hardware_model(streamlined, graph, CYCLES)
        assert list(node_layers(model)) == [node.layer for node in tiny.segments[trunk(0)].nodes]
        (product,) = model.get_nodes_by_op_type("MVAU_rtl")
        del product.metadata_props[:]
        with pytest.raises(ArtifactError, match=r"layer of trunk0_mvau0 \(MVAU_rtl\); expected a mark"):
            list(node_layers(model))
