"""Calibration on golden outputs: thresholds of exits, and how outputs are read that are no logits."""

from __future__ import annotations

from pathlib import Path

from toolkit.data import Split
from toolkit.exits import Calibration, Guarantee, Objective, calibrate
from toolkit.export import ExitGraphs, Graph
from toolkit.flow.groups import PolicyOptions
from toolkit.tasks import Frames, task_of
from toolkit.train.checkpoint import Checkpoint
from toolkit.verify.golden import Golden
from toolkit.verify.stages import golden_stages


def readout_of(graph: Graph, checkpoint: Checkpoint, split: Split, false_alarms: float, out: Path) -> str:
    """Calibrate how the task of a network reads the outputs of its only exit, and write it into ``out``.

    Returns:
        What to add to a message; empty for logits of classes, which need no readout.
    """
    task = task_of(checkpoint.network)
    if not task.reads:
        return ""
    fitted, scale = task.fitted(split), graph.output.scale
    frames = Frames(fitted, [Golden(graph).run(fitted.images) * scale])
    found = task.readout(frames, scale, checkpoint.digest, false_alarms)
    found.save(out)
    return f"; {task.words(found)}"


def calibrated(
    graphs: ExitGraphs,
    split: Split,
    objective: Objective,
    wanted: PolicyOptions | None = None,
    *macs: int,
    groups: int = 1,
) -> Calibration:
    """Choose thresholds on the golden logits of a split, which are in so many groups.

    ``macs`` until each exit are costs, if given.
    """
    wanted = wanted or PolicyOptions()
    return calibrate(
        [stage.logits for stage in golden_stages(graphs, split.images)],
        [graph.output.scale for graph in graphs.paths[:-1]],
        split.labels,
        wanted.criterion,
        objective,
        costs=macs or None,
        unit="multiply-accumulates" if macs else "",
        guarantee=None if wanted.epsilon is None else Guarantee(wanted.epsilon, wanted.delta),
        fraction_bits=wanted.fraction_bits,
        logit_bits=[graph.output.width for graph in graphs.paths[:-1]],
        groups=groups,
    )
