"""Describes the exit policy, and the answers by it and by others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.cascade import CascadeAnswers
from toolkit.core.artifact import parse
from toolkit.core.errors import VerificationMismatch
from toolkit.cost import MeanTerms
from toolkit.exits import Answers, Curve, ExitPolicy, criterion_named, trade_off
from toolkit.exits.grid import threshold_grid
from toolkit.exits.outcomes import decide
from toolkit.report.answers import ExitPath, Ints
from toolkit.report.schema import Disagreement, PolicyInForce, TradeOff, Trial

Means = Callable[[NDArray[np.float64]], dict[str, tuple[float, ...] | None]]
"""Function from exit rates [T, exits] to mean latency and energies."""


def policy_in_force(policy: ExitPolicy, paths: Sequence[ExitPath]) -> PolicyInForce:
    """Describe the calibrated policy; ``paths``: simulation of each exit path."""
    early = policy.exits > 1
    return PolicyInForce(
        criterion=policy.criterion if early else None,
        thresholds=policy.thresholds,
        fraction_bits=policy.fraction_bits if early else None,
        calibrated_on=policy.calibrated_on,
        chosen=policy.chosen,
        objective=dict(policy.objective) if early else None,
        guarantee=None if policy.guarantee is None else dict(policy.guarantee),
        float_disagreements=tuple(_disagreement(policy, k, path) for k, path in enumerate(paths[:-1])),
    )


def _disagreement(policy: ExitPolicy, k: int, path: ExitPath) -> Disagreement:
    floating = criterion_named(policy.criterion).leaves(path.real, policy.thresholds[k], policy.groups)
    differing = int((floating != policy.leaves(k, path.logits)).sum())
    return Disagreement(exit=k, frames=len(floating), differing=differing)


def require_same_answers(answers: Answers, found: CascadeAnswers) -> None:
    """Compare the answers of the policy with those of the cascade.

    Raises:
        VerificationMismatch: an answer differs; names the first such frame.
    """
    for what, here, there in (
        ("exit", answers.exits, found.exits),
        ("class", answers.classes, found.labels),
        ("logits", answers.logits, found.logits),
    ):
        if here.shape != there.shape:
            raise VerificationMismatch(f"{what} of the cascade", expected=here.shape, found=there.shape)
        if (here != there).any():
            frame = int(np.argwhere(here != there)[0][0])
            raise VerificationMismatch(
                f"{what} of frame {frame} in the cascade",
                expected=f"{here[frame].tolist()} by the exit policy",
                found=there[frame].tolist(),
            )


def trade_off_of(
    curve: Curve, policy: ExitPolicy, paths: Sequence[ExitPath], labels: Ints, means: Means
) -> TradeOff:
    """Combine the curve of the calibration split with one of the same policies on the test frames.

    Args:
        curve: curve from calibration.
        policy: exit policy.
        paths: simulation of each exit path.
        labels: correct class of each test frame, int64 [N].
        means: function that computes mean latency and energies.

    Raises:
        ArtifactError: the curve is of another policy.
    """
    chosen, thresholds = curve.chosen(policy), curve.thresholds.tolist()
    test = trade_off(
        [one.logits for one in paths],
        policy.scales,
        labels,
        curve.criterion,
        thresholds=thresholds,
        fraction_bits=policy.fraction_bits,
        logit_bits=policy.logit_bits,
        groups=policy.groups,
    )
    return parse(
        TradeOff,
        {
            "criterion": curve.criterion,
            "thresholds": thresholds,
            "chosen": chosen,
            "calibration": {**_points(curve), **means(curve.exit_rates)},
            "test": {**_points(test), **means(test.exit_rates)},
        },
        curve.FILE,
    )


def trial_of(policy: ExitPolicy, paths: Sequence[ExitPath], labels: Ints, means: MeanTerms) -> Trial:
    """Decide the test frames at every threshold of the grid, and at those in force.

    Args:
        policy: exit policy.
        paths: simulation of each exit path.
        labels: correct class of each test frame, int64 [N].
        means: what latency and energy depend on.
    """
    safest_first = criterion_named(policy.criterion).sign != "<="
    every = {*threshold_grid(policy.criterion, policy.classes, policy.scales), *policy.thresholds}
    decided, rows = decide(
        [one.logits for one in paths],
        policy.scales,
        labels,
        policy.criterion,
        thresholds=sorted(every, reverse=safest_first),
        fraction_bits=policy.fraction_bits,
        logit_bits=policy.logit_bits,
        groups=policy.groups,
    )
    thresholds = rows[:, 0].tolist()
    groups, counts = np.unique(np.vstack([decided.first, decided.right]), axis=1, return_counts=True)
    return Trial(
        thresholds=thresholds,
        chosen=tuple(thresholds.index(one) for one in policy.thresholds),
        frames=tuple(map(tuple, np.vstack([groups, counts]).T.tolist())),
        means=means,
    )


def _points(curve: Curve) -> dict[str, Any]:
    return {
        "frames": curve.frames,
        "accuracies": curve.accuracies.tolist(),
        "exit_rates": curve.exit_rates.tolist(),
        "risks": curve.risks.tolist(),
    }
