"""Compares integer with float exit decisions on the MNIST test set, and measures the time of a decision.

    .venv/bin/python benchmarks/exit_criteria.py [--frames N] [--bits 6 7 ...]

For the shipped checkpoints: golden logits of exit 0, thresholds of ``threshold_grid`` without its two ends.
"strict" are thresholds beyond the score of a frame whose best logit leads all others by 8 (for ten classes
top-1 above 0.997, entropy below 0.027), "usual" the others. Per group: the share of decisions that differ,
and the largest share of frames at one threshold. It is an error if a decision differs although the score is
further from the threshold than the rule's bound.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hw_models import QuantConfig
from toolkit.core.env import settings
from toolkit.core.errors import VerificationMismatch
from toolkit.data import load
from toolkit.exits import CRITERIA, integer_rule, threshold_grid
from toolkit.export.export import export_graphs
from toolkit.train.checkpoint import shipped
from toolkit.verify.golden import Golden

MODELS = ("b_lenet_se", "b_lenet_fcn")


def main() -> None:
    """Print one table per network."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--bits", type=int, nargs="+", default=list(range(6, 17)))
    options = parser.parse_args()
    images = load("mnist", settings().data_dir).test.images[: options.frames]
    for model in MODELS:
        logits, scale, digest = golden_logits(model, images)
        print(f"{model} ({digest[:12]}), exit 0, scale {scale:g}, {len(logits):,} frames")
        for name in CRITERIA:
            for bits in options.bits if name != "margin" else options.bits[:1]:
                print(compare(name, logits, scale, bits))


def golden_logits(model: str, images: np.ndarray) -> tuple[np.ndarray, float, str]:
    """Return integer logits [N, classes] of exit 0 of a shipped checkpoint, their scale and its digest."""
    checkpoint = shipped(model, "mnist", QuantConfig())
    if checkpoint is None:
        raise SystemExit(f"no checkpoint of {model} ships")
    with tempfile.TemporaryDirectory(prefix="offramp-benchmark-") as folder:
        graph = export_graphs(checkpoint.build(), Path(folder)).paths[0]
        return Golden(graph).run(images), graph.output.scale, checkpoint.digest


def compare(name: str, logits: np.ndarray, scale: float, bits: int) -> str:
    """Format one line: differences over the grid, and nanoseconds per decision of integer and float."""
    criterion, real = CRITERIA[name], logits * scale
    score, classes = criterion.score(real), logits.shape[1]
    grid = threshold_grid(name, classes, [scale])[1:-1]
    rules = [integer_rule(name, t, scale, classes, fraction_bits=bits) for t in grid]
    differing = np.empty(len(grid))
    for point, (threshold, rule) in enumerate(zip(grid, rules, strict=True)):
        wanted = score >= threshold if criterion.sign == ">=" else score <= threshold
        differs = rule.leaves(logits) != wanted
        outside = differs & (np.abs(score - threshold) > rule.score_bound)
        if outside.any():
            raise VerificationMismatch(
                f"{name} at {threshold}", expected="within its bound", found=outside.sum()
            )
        differing[point] = differs.mean()
    edge = criterion.at_margin(8, classes)
    usual = np.array(grid) <= edge if criterion.sign == ">=" else np.array(grid) >= edge
    parts = [
        f"{group}: mean {differing[where].mean():9.5%} worst {differing[where].max():8.4%}"
        for group, where in (("usual", usual), ("strict", ~usual))
    ]
    whole = seconds(lambda: rules[0].leaves(logits)) / len(logits)
    floating = seconds(lambda: criterion.leaves(real, grid[0])) / len(logits)
    tables = sum(len(value) for value in rules[0].constants().values() if isinstance(value, list))
    return (
        f"  {name:7} F={bits:<2} {'; '.join(parts)}; largest bound {max(r.score_bound for r in rules):.6f}; "
        f"table entries {tables:6,}; integer {whole * 1e9:4.0f} ns, float {floating * 1e9:4.0f} ns"
    )


def seconds(call: Callable[[], object]) -> float:
    """Return the shortest wall time of five calls, in seconds."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
