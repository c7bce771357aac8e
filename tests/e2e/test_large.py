"""Networks with millions of weights compile and simulate within a laptop's memory, exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import hw_models
from hw_models import QuantConfig
from hw_models.quantized import build_quantized
from toolkit.compile import compile_segments
from toolkit.compose import compose_chain
from toolkit.compose.accelerator import INPUT, OUTPUT
from toolkit.core.memory import PeakMemory
from toolkit.core.topology import path_name
from toolkit.export.export import export_graphs
from toolkit.flow import Options
from toolkit.verify.golden import Golden
from toolkit.verify.hardware import input_beats, require_logits
from toolkit.verify.simulation import simulator_for

FRAMES = 3
GIB = 2**30


@pytest.mark.slow
@pytest.mark.sim
@pytest.mark.parametrize("model", ["tw_smallcnn", "cnn_cifar10_ee", "c_alexnet_svhn"])
def test_a_large_network_is_exact(tmp_path: Path, model: str) -> None:
    torch.manual_seed(0)
    spec = hw_models.get(model)
    images = np.random.default_rng(0).integers(0, 256, (FRAMES, *spec.input_shape))
    cycles = Options.of(model=model, target="sim").target_cycles
    assert cycles is not None
    with PeakMemory() as peak:
        graphs = export_graphs(build_quantized(spec, QuantConfig()), tmp_path / "export")
        segments = compile_segments(graphs.segments.values(), cycles, tmp_path / "segments")
        for k, graph in enumerate(graphs.paths):
            chain = compose_chain(path_name(k), segments.path(k), tmp_path / path_name(k), branch=False)
            found = simulator_for(chain, FRAMES).run({INPUT: input_beats(chain, images)}, jobs=1)
            logits = found.outputs[OUTPUT].reshape(FRAMES, -1).astype(np.int64)
            assert require_logits(Golden(graph).run(images), logits, chain.name) == FRAMES * spec.outputs
    assert peak.bytes < 4 * GIB
