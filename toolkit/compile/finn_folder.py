"""Writes an exit path as a folder that FINN+'s own builder takes: ``finn build build.yaml model.onnx``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from finn.builder.build_dataflow_config import DataflowBuildConfig
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.general import GiveUniqueNodeNames

from toolkit.compile import finn_steps
from toolkit.compile.finnplus import finn_session
from toolkit.compile.hardware import to_hardware
from toolkit.compile.legal import HARDWARE
from toolkit.compile.segment import Segment
from toolkit.compile.streamline import streamline
from toolkit.core.artifact import write_bytes, write_json
from toolkit.core.errors import ArtifactError
from toolkit.core.reading import read_onnx
from toolkit.export import Graph

MODEL, BUILD, FOLDING = "model.onnx", "build.yaml", "folding.json"
_FOLDED = ("PE", "SIMD", "parallel_window")
_STEPS = (
    f"{finn_steps.__name__}.{finn_steps.step_offramp_streamline.__name__}",
    f"{finn_steps.__name__}.{finn_steps.step_offramp_hardware.__name__}",
    *("step_create_dataflow_partition", "step_apply_folding_config", "step_generate_estimate_reports"),
    *("step_generate_hardware", "step_create_stitched_ip"),
)
"""From QONNX to FINN+'s stitched IP; the last two need Vivado."""


def write_finn_folder(graph: Graph, segments: Sequence[Segment], part: str, out: Path) -> None:
    """Write the folder of an exit path.

    Args:
        graph: exported exit path.
        segments: its segments, compiled, in order; their folding becomes that of the path.
        part: name of an AMD part.
        out: new folder.

    Raises:
        ArtifactError: the graph was changed, or its layers are not those of the segments.
    """
    graph.require_unchanged()
    out.mkdir(parents=True)
    with finn_session():
        chain = to_hardware(streamline(graph), graph.name).transform(GiveUniqueNodeNames())
        write_json(out / FOLDING, _folding(chain, segments, graph.name))
        model = ModelWrapper(read_onnx(graph.file))
        model.graph.name = graph.name
        for tensor, info in ((model.graph.input[0], graph.input), (model.graph.output[0], graph.output)):
            model.set_tensor_datatype(tensor.name, DataType[info.dtype])
        write_bytes(out / MODEL, model.model.SerializeToString(deterministic=True))
    write_bytes(out / BUILD, _configuration(part).encode())


def _folding(chain: ModelWrapper, segments: Sequence[Segment], path: str) -> Mapping[str, Any]:
    """Return FINN+'s folding configuration, by the names that its builder gives the nodes."""
    nodes = [node for segment in segments for node in segment.nodes if node.kind != "width"]
    kinds = [HARDWARE[node.op_type] for node in chain.graph.node]
    if kinds != (found := [node.kind for node in nodes]):
        raise ArtifactError(f"layers of {path}", expected=", ".join(kinds), found=", ".join(found))
    folded = {
        name.name: {key: node.attributes[key] for key in _FOLDED if key in node.attributes}
        for name, node in zip(chain.graph.node, nodes, strict=True)
    }
    return {"Defaults": {}, **folded}


def _configuration(part: str) -> str:
    """Return FINN+'s build configuration as YAML, after FINN+'s own class has read it."""
    value = {
        "output_dir": "build",
        "fpga_part": part,
        "synth_clk_period_ns": 10.0,
        "folding_config_file": FOLDING,
        "generate_outputs": ["estimate_reports", "stitched_ip"],
        "steps": list(_STEPS),
    }
    DataflowBuildConfig.from_json(json.dumps(value))
    return yaml.safe_dump(value, sort_keys=False)
