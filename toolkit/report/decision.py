"""When frames leave: the policy in force, what it answers, and what other thresholds would have done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import VerificationMismatch
from toolkit.exits import Answers, Curve, ExitPolicy, criterion_named, trade_off
from toolkit.report.answers import PathRun
from toolkit.report.files import Ints, arrays, keys
from toolkit.report.schema import Disagreement, Policy, TradeOff, parse

ANSWERS = "answers.npz"

Means = Callable[[NDArray[np.float64]], dict[str, tuple[float, ...] | None]]
"""From exit rates [T, exits] to the means of a curve."""


@dataclass(frozen=True)
class Decision:
    """What was decided about the test frames.

    Attributes:
        policy: as the report shows it.
        classes, exits: int64 [N], of each frame.
        rules: the policy that decided; None with one exit.
    """

    policy: Policy
    classes: Ints
    exits: Ints
    rules: ExitPolicy | None


def decide(folder: Path, checkpoint: str, paths: Sequence[PathRun]) -> Decision:
    """Let the calibrated policy decide about every test frame, by integers.

    Args:
        folder: of the calibrate stage.
        checkpoint: digest.
        paths: one per exit.

    Raises:
        ArtifactError: the policy is missing or damaged.
        CheckpointMismatch, BadOption: it is of another checkpoint or number of exits.
    """
    logits = [path.logits for path in paths]
    if len(paths) == 1:
        return Decision(_NOTHING, logits[0].argmax(axis=1), np.zeros(len(logits[0]), np.int64), None)
    rules = ExitPolicy.load(folder)
    rules.require(checkpoint, len(paths))
    answers = rules.answer(logits)
    policy = Policy(
        criterion=rules.criterion,
        thresholds=rules.thresholds,
        fraction_bits=rules.fraction_bits,
        calibrated_on=rules.calibrated_on,
        chosen=rules.chosen,
        objective=dict(rules.objective),
        guarantee=None if rules.guarantee is None else dict(rules.guarantee),
        float_disagreements=tuple(_disagreement(rules, k, path) for k, path in enumerate(paths[:-1])),
    )
    return Decision(policy, answers.classes, answers.exits, rules)


_NOTHING = Policy(
    criterion=None,
    thresholds=(),
    fraction_bits=None,
    calibrated_on="",
    chosen="one exit: nothing to decide",
    objective=None,
    guarantee=None,
    float_disagreements=(),
)


def _disagreement(rules: ExitPolicy, k: int, path: PathRun) -> Disagreement:
    floating = criterion_named(rules.criterion).leaves(path.real, rules.thresholds[k])
    differing = int((floating != rules.leaves(k, path.logits)).sum())
    return Disagreement(exit=k, frames=len(floating), differing=differing)


def require_same_answers(rules: ExitPolicy, paths: Sequence[PathRun], file: Path) -> Answers:
    """What the policy answers must be what the cascade answered.

    Raises:
        ArtifactError: the file is missing or damaged.
        VerificationMismatch: naming the first frame that differs.
    """
    answers, found = rules.answer([path.logits for path in paths]), arrays(file)
    labels, exits, logits = keys(found, file, "labels", "exits", "logits")
    for what, here, there in (
        ("exit", answers.exits, exits),
        ("class", answers.classes, labels),
        ("logits", answers.logits, logits),
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
    return answers


def trade_off_of(
    folder: Path, rules: ExitPolicy, paths: Sequence[PathRun], labels: Ints, means: Means
) -> TradeOff:
    """Calibration's curve, and the same thresholds on the test frames.

    Raises:
        ArtifactError: the curve is missing, damaged or of another policy.
    """
    curve = Curve.load(folder)
    chosen, thresholds = curve.chosen(rules), curve.thresholds.tolist()
    test = trade_off(
        [one.logits for one in paths],
        rules.scales,
        labels,
        curve.criterion,
        thresholds=thresholds,
        fraction_bits=rules.fraction_bits,
        logit_bits=rules.logit_bits,
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


def _points(curve: Curve) -> dict[str, Any]:
    return {
        "frames": curve.frames,
        "accuracies": curve.accuracies.tolist(),
        "exit_rates": curve.exit_rates.tolist(),
        "risks": curve.risks.tolist(),
    }
