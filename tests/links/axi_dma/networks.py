"""Networks as stage accelerators, with the golden values of their frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hw_models import QuantConfig
from toolkit import data
from toolkit.compile import Segments, compile_segments
from toolkit.compose import Accelerator, compose_chain
from toolkit.core.topology import head, trunk
from toolkit.exits import ExitPolicy
from toolkit.export import ExitGraphs
from toolkit.export.export import export_graphs
from toolkit.flow import Options
from toolkit.train.checkpoint import shipped
from toolkit.verify.stages import GoldenStage, golden_stages


@dataclass(frozen=True)
class Network:
    """Stage accelerators of a network with two exits, images int64 (N, C, H, W), and golden values."""

    graphs: ExitGraphs
    stages: Sequence[Accelerator]
    images: np.ndarray
    golden: Sequence[GoldenStage]

    @classmethod
    def of(cls, graphs: ExitGraphs, segments: Segments, images: np.ndarray, folder: Path) -> Network:
        """Compose the stages in ``folder``."""
        first, last = ((segments[trunk(k)], segments[head(k)]) for k in (0, 1))
        stages = (
            compose_chain("stage0", first, folder / "stage0", branch=True),
            compose_chain("stage1", last, folder / "stage1"),
        )
        return cls(graphs, stages, images, golden_stages(graphs, images))

    def policy(self, stay: float) -> ExitPolicy:
        """A policy by which the share ``stay`` of the frames, those of least margin, goes on."""
        logits, scale = self.golden[0].logits, self.graphs.paths[0].output.scale
        best = np.sort(logits, axis=1)
        least = float(np.quantile((best[:, -1] - best[:, -2]) * scale, stay))
        return ExitPolicy(
            criterion="margin",
            thresholds=(least,),
            scales=(scale,),
            classes=logits.shape[1],
            model=self.graphs.model,
        )


def lenet(count: int, folder: Path) -> Network:
    """``b_lenet_se`` from its shipped checkpoint, and test images of ``digits``."""
    checkpoint = shipped("b_lenet_se", "digits", QuantConfig())
    assert checkpoint is not None
    graphs = export_graphs(checkpoint.build(), folder / "graphs")
    cycles = Options.of(model="b_lenet_se", dataset="digits", target="sim").target_cycles
    assert cycles is not None
    segments = compile_segments(graphs.segments.values(), cycles, folder / "segments")
    images = data.load("digits").test.images[:count].astype(np.int64)
    return Network.of(graphs, segments, images, folder)
