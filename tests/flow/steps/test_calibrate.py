"""Step calibrate on a real network: a policy is found, whatever the scale of the logits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

import hw_models
from hw_models import QuantConfig
from hw_models.quantized import build_quantized
from tests.flow.test_engine import Record
from toolkit.exits import ExitPolicy
from toolkit.export import ExitGraphs
from toolkit.flow import Options, RunDirectory, Step, execute
from toolkit.flow.step import Context
from toolkit.flow.steps import calibrate, data, export
from toolkit.train.checkpoint import Checkpoint


def tiny_logits(context: Context) -> Mapping[str, Any]:
    """An untrained network whose logits at exit 0 are thousands of times smaller than usual."""
    torch.manual_seed(0)
    net = build_quantized(hw_models.get("b_lenet_se"), QuantConfig())
    with torch.no_grad():
        net.heads[0].linear0.weight_quant.tensor_quant.scaling_impl.value.sub_(12)
        net.heads[0].linear0.weight.mul_(2.0**-12)
        net.heads[0].linear0.bias.mul_(2.0**-12)
    Checkpoint(net.spec, "digits", "d" * 64, QuantConfig(), net.state_dict()).save(context.out)
    return {}


def nothing(context: Context) -> Mapping[str, Any]:
    (context.out / "empty").touch()
    return {}


def test_logits_of_a_tiny_scale_find_a_table(tmp_path: Path) -> None:
    steps = (
        data.STEP,
        Step("train", "", tiny_logits),
        export.STEP,
        Step("compose", "", nothing),
        calibrate.STEP,
    )
    with RunDirectory.open(tmp_path / "run") as opened:
        execute(opened, steps, Options.of(dataset="digits"), Record())
    policy = ExitPolicy.load(tmp_path / "run" / "calibrate")
    output = ExitGraphs.load(tmp_path / "run" / "export").paths[0].output
    assert policy.scales == (output.scale,)
    assert output.scale < 1e-5
    assert policy.logit_bits == (output.width,)
