"""Step calibrate on a real network: a policy is found, whatever the scale of the logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

import hw_models
from hw_models import Flatten, Linear, NetworkSpec, QuantConfig, Relu
from hw_models.quantized import build_quantized
from tests.flow.test_engine import Record
from toolkit.data import load
from toolkit.exits import ExitPolicy
from toolkit.export import ExitGraphs
from toolkit.flow import Options, RunDirectory, Step, execute
from toolkit.flow.step import Context
from toolkit.flow.steps import calibrate, data, export
from toolkit.tasks import Readout
from toolkit.train.checkpoint import Checkpoint
from toolkit.train.logits import exit_logits


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


def up_to_calibrate(train: Callable[[Context], Mapping[str, Any]]) -> tuple[Step, ...]:
    """Steps up to calibrate, with ``train`` in place of a training."""
    stands_in = Step("train", "", train)
    return data.STEP, stands_in, export.STEP, Step("compose", "", nothing), calibrate.STEP


def test_logits_of_a_tiny_scale_find_a_table(tmp_path: Path) -> None:
    with RunDirectory.open(tmp_path / "run") as opened:
        execute(opened, up_to_calibrate(tiny_logits), Options.of(dataset="digits"), Record())
    policy = ExitPolicy.load(tmp_path / "run" / "calibrate")
    output = ExitGraphs.load(tmp_path / "run" / "export").paths[0].output
    assert policy.scales == (output.scale,)
    assert output.scale < 1e-5
    assert policy.logit_bits == (output.width,)


AGAIN = NetworkSpec(
    "again", (1, 5, 128), 640, ((Flatten(), Linear(2), Relu()),), ((Linear(640),),), (1.0,), "reconstruction"
)


def untrained(context: Context) -> Mapping[str, Any]:
    torch.manual_seed(0)
    net = build_quantized(AGAIN, QuantConfig())
    Checkpoint(AGAIN, "hums", "d" * 64, QuantConfig(), net.state_dict()).save(context.out)
    return {}


def test_errors_of_a_reconstruction_get_a_threshold_on_normal_frames(tmp_path: Path) -> None:
    """Its golden errors are those of PyTorch; 10 % of 600 frames are above."""
    options = Options.of(model="autoencoder", dataset="hums", false_alarms=0.1)
    with RunDirectory.open(tmp_path / "run") as opened:
        *_, last = execute(opened, up_to_calibrate(untrained), options, Record())
    found, checkpoint = (
        kind.load(tmp_path / "run" / step) for kind, step in ((Readout, "calibrate"), (Checkpoint, "train"))
    )
    assert isinstance(found, Readout)
    assert isinstance(checkpoint, Checkpoint)
    split = load("hums").calibration
    (outputs,) = exit_logits(checkpoint.build(), split)
    errors = np.square(split.images.reshape(600, -1) - 256.0 * outputs).mean(axis=1)
    assert found.threshold in errors
    assert (found.frames, found.above, (errors > found.threshold).sum()) == (600, 60, 60)
    assert "nothing to decide; a mean square error above" in last.manifest.message
    assert ExitPolicy.load(tmp_path / "run" / "calibrate").exits == 1
