"""The folder for FINN+'s builder: its classes read it, and its steps go as far as without Vivado."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from tests.conftest import Compiled
from toolkit.compile.finn_folder import BUILD, FOLDING, MODEL, write_finn_folder
from toolkit.compile.finnplus import finn_session
from toolkit.core.errors import ArtifactError
from toolkit.core.topology import head, trunk

PART = "xc7z020clg400-1"


def written(tiny: Compiled, out: Path) -> Path:
    parts = tiny.segments
    write_finn_folder(tiny.graphs.paths[1], [parts[trunk(0)], parts[trunk(1)], parts[head(1)]], PART, out)
    return out


def test_finns_builder_takes_it_up_to_its_estimates(
    tiny: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tiny, tmp_path / "exit1")
    with finn_session():
        xsi: Any = ModuleType("finn.xsi")  # FINN+'s builder cannot be imported without Vivado's simulator
        xsi.SimEngine = None
        monkeypatch.setitem(sys.modules, "finn.xsi", xsi)
        from finn.builder.build_dataflow import resolve_build_steps
        from finn.builder.build_dataflow_config import DataflowBuildConfig
        from qonnx.core.modelwrapper import ModelWrapper
        from qonnx.custom_op.registry import getCustomOp

        monkeypatch.chdir(folder)
        config = DataflowBuildConfig.construct_from(Path(BUILD))
        config.stop_step = "step_generate_estimate_reports"
        model = ModelWrapper(MODEL)
        for step in resolve_build_steps(config):
            model = step(model, config)
        nodes = list(model.graph.node)
        chosen = json.loads(Path(FOLDING).read_text())
        for node in nodes:
            op = getCustomOp(node)
            assert {name: op.get_nodeattr(name) for name in chosen[node.name]} == chosen[node.name]
    parts = tiny.segments
    expected = [n for part in (trunk(0), trunk(1), head(1)) for n in parts[part].nodes if n.kind != "width"]
    assert len(nodes) == len(expected) > 3
    cycles = json.loads((Path("build") / "report" / "estimate_layer_cycles.json").read_text())
    assert list(cycles.values()) == [one.cycles for one in expected]


def test_the_configuration_names_its_files_and_steps(tiny: Compiled, tmp_path: Path) -> None:
    folder = written(tiny, tmp_path / "exit1")
    value = yaml.safe_load((folder / BUILD).read_text())
    assert value["fpga_part"] == PART
    assert value["folding_config_file"] == FOLDING
    assert value["steps"][0] == "toolkit.compile.finn_steps.step_offramp_streamline"
    assert (folder / MODEL).is_file()


def test_the_same_run_gives_the_same_bytes(tiny: Compiled, tmp_path: Path) -> None:
    one, other = (written(tiny, tmp_path / name) for name in ("one", "other"))
    for name in (MODEL, BUILD, FOLDING):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_segments_of_another_path_are_refused(tiny: Compiled, tmp_path: Path) -> None:
    parts = tiny.segments
    with pytest.raises(ArtifactError, match="layers of exit1"):
        write_finn_folder(tiny.graphs.paths[1], [parts[trunk(0)], parts[head(0)]], PART, tmp_path / "out")
    assert not (tmp_path / "out" / MODEL).exists()
