"""The files of an export: names, checker, self-containment, reproducible bytes, refusal of damage."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import onnx
import pytest
import torch
from qonnx.core.modelwrapper import ModelWrapper

from hw_models import QuantConfig
from tests.export.networks import network
from toolkit.core.errors import ArtifactError, UnsupportedOperator
from toolkit.core.topology import head, trunk
from toolkit.export import ExitGraphs, Graph
from toolkit.export import trace as trace_module
from toolkit.export.export import export_graphs, state_digest

CONFIG = QuantConfig(4, 4, per_channel=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export")
    export_graphs(network("b_lenet_fcn", CONFIG), path)
    return path


@pytest.fixture
def graphs(folder: Path) -> ExitGraphs:
    return ExitGraphs.load(folder)


def all_graphs(graphs: ExitGraphs) -> list[Graph]:
    return [*graphs.segments.values(), *graphs.paths]


def test_index_describes_the_export(graphs: ExitGraphs) -> None:
    assert (graphs.model, graphs.quant) == ("b_lenet_fcn", CONFIG)
    assert list(graphs.segments) == [trunk(0), head(0), trunk(1), head(1)]
    assert [graph.name for graph in graphs.paths] == ["exit0", "exit1"]
    assert graphs.state_digest == state_digest(network("b_lenet_fcn", CONFIG))
    assert graphs.state_digest != state_digest(network("b_lenet_fcn", CONFIG, seed=1))


def test_it_comes_back_also_where_it_was_moved(graphs: ExitGraphs, folder: Path, tmp_path: Path) -> None:
    assert ExitGraphs.load(folder) == graphs
    moved = shutil.copytree(folder, tmp_path / "moved")
    assert ExitGraphs.load(moved).paths[1].file == moved / "exit1.onnx"


def test_segments_fit_together(graphs: ExitGraphs) -> None:
    parts, paths = graphs.segments, graphs.paths
    assert parts[trunk(0)].output == parts[head(0)].input == parts[trunk(1)].input
    assert parts[trunk(1)].output == parts[head(1)].input
    assert paths[0].input == paths[1].input == parts[trunk(0)].input
    assert [paths[k].output for k in (0, 1)] == [parts[head(k)].output for k in (0, 1)]
    assert paths[1].layers == (*parts[trunk(0)].layers, *parts[trunk(1)].layers, *parts[head(1)].layers)
    assert parts[trunk(1)].output.dtype == "INT4"
    assert paths[0].input.shape == (1, 1, 28, 28)
    with pytest.raises(ArtifactError, match=r"trunk9\.conv0"):
        paths[0].layer("trunk9.conv0")


def test_files_are_clean(graphs: ExitGraphs, folder: Path) -> None:
    assert {file.name for file in folder.iterdir()} == {g.file.name for g in all_graphs(graphs)} | {
        ExitGraphs.FILE
    }
    for graph in all_graphs(graphs):
        model = onnx.load(graph.file, load_external_data=False)
        onnx.checker.check_model(model, full_check=True)
        assert [i.name for i in model.graph.input] == [graph.input.name]
        assert [o.name for o in model.graph.output] == [graph.output.name]
        assert all(not init.external_data for init in model.graph.initializer)
        assert not {node.op_type for node in model.graph.node} & {"Reshape", "Constant", "Transpose"}
        assert all(not node.metadata_props for node in model.graph.node)
        wrapper = ModelWrapper(str(graph.file))
        for info in (graph.input, graph.output):
            assert wrapper.get_tensor_datatype(info.name).name == info.dtype
            assert tuple(wrapper.get_tensor_shape(info.name)) == info.shape


def test_names_are_those_of_the_layers(graphs: ExitGraphs) -> None:
    graph = graphs.paths[1]
    model = onnx.load(graph.file)
    nodes = {node.name: node for node in model.graph.node}
    assert len(nodes) == len(model.graph.node)
    for layer in graph.layers:
        assert list(nodes[layer.name].output) == [layer.tensor]
    names = {init.name for init in model.graph.initializer}
    assert {
        "trunk0.conv0.weight",
        "trunk0.conv0.bias",
        "trunk0.conv0.weight.scale",
        "trunk0.relu0.bits",
    } <= names
    assert nodes["trunk0.conv0.weight.quant"].op_type == "Quant"


def test_same_network_same_bytes(folder: Path, graphs: ExitGraphs, tmp_path: Path) -> None:
    net = network("b_lenet_fcn", CONFIG).train()
    before = copy.deepcopy(net.state_dict())
    again = export_graphs(net, tmp_path)
    assert {g.name: g.digest for g in all_graphs(again)} == {g.name: g.digest for g in all_graphs(graphs)}
    assert (tmp_path / ExitGraphs.FILE).read_bytes() == (folder / ExitGraphs.FILE).read_bytes()
    # and the network is left as it was
    assert net.training
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())


@pytest.fixture
def damaged(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_a_changed_graph_is_refused(damaged: Path) -> None:
    file = damaged / "exit0.onnx"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"changed graph .*exit0\.onnx"):
        ExitGraphs.load(damaged)


def test_a_missing_graph_is_refused(damaged: Path) -> None:
    (damaged / "head1.onnx").unlink()
    with pytest.raises(ArtifactError, match=r"missing graph .*head1\.onnx"):
        ExitGraphs.load(damaged)
    index = damaged / ExitGraphs.FILE
    index.write_text(index.read_text().replace("head1.onnx", f"{'n' * 300}.onnx"))
    with pytest.raises(ArtifactError, match=r"missing graph .*nn\.onnx"):
        ExitGraphs.load(damaged)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 1}', '{"schema": 99}', "\xff"])
def test_a_bad_index_is_refused(damaged: Path, content: str) -> None:
    (damaged / ExitGraphs.FILE).write_bytes(content.encode("latin-1"))
    with pytest.raises(ArtifactError, match=r"graphs\.json"):
        ExitGraphs.load(damaged)


def test_an_index_without_a_field_is_refused(damaged: Path) -> None:
    index = damaged / ExitGraphs.FILE
    data = json.loads(index.read_text())
    del data["paths"][0]["output"]["scale"]
    index.write_text(json.dumps(data))
    with pytest.raises(ArtifactError, match=r"graphs\.json: paths\.0\.output\.scale; "):
        ExitGraphs.load(damaged)


def test_an_unfinished_export_is_no_export(damaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("toolkit.export.export.trace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export_graphs(network("b_lenet_fcn", CONFIG), damaged)
    with pytest.raises(ArtifactError, match=r"graphs\.json is missing"):
        ExitGraphs.load(damaged)


def test_a_traced_graph_that_is_no_chain_is_refused() -> None:
    graph = onnx.helper.make_graph([], "empty", [], [])
    with pytest.raises(UnsupportedOperator, match="breaks off at tensor x"):
        trace_module._chain(graph, "x", "y")
