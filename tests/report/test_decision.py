"""Policy, answers and other thresholds: by hand, and mixed-up files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report import fake_run
from toolkit.cascade import CascadeAnswers
from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import (
    ArtifactError,
    BadOption,
    CheckpointMismatch,
    OfframpError,
    VerificationMismatch,
)
from toolkit.exits import CRITERIA, ExitPolicy
from toolkit.report.answers import ExitPath
from toolkit.report.decision import policy_in_force, require_same_answers
from toolkit.report.schema import Report
from toolkit.report.sources import collect


def test_the_policy_is_the_calibrated_one(report: Report) -> None:
    policy = report.policy
    assert (policy.criterion, policy.thresholds, policy.fraction_bits) == ("top1", (0.85,), 14)
    assert (policy.calibrated_on, policy.chosen) == ("calibration", "by hand")
    assert policy.objective == {"name": "exit_rate", "rate": 0.5}
    assert policy.guarantee == fake_run.GUARANTEE
    assert [one.model_dump() for one in policy.float_disagreements] == [
        {"exit": 0, "frames": 5, "differing": 0}
    ]


def test_other_thresholds_by_hand(report: Report) -> None:
    trade = report.trade_off
    assert trade is not None
    assert trade.thresholds == ((1.0,), (0.85,), (0.5,), (0.0,))
    # Scores are 0.858 three times and 0.691 twice: at 0.5 all leave at exit 0, of which three are right.
    assert trade.test.exit_rates == ((0, 1), (0.6, 0.4), (1, 0), (1, 0))
    assert trade.test.accuracies == (0.8, 0.6, 0.6, 0.6)
    # Frame 2 is harmed at 0.85 (frame 3 is wrong at both exits); at 0.5 frame 4 as well. Frame 3 is gained.
    assert trade.test.risks == (0, 0.2, 0.4, 0.4)
    assert trade.calibration.accuracies == (0.9, 0.8, 0.7, 0.7)


def _edit(stage: str, file: str, **changes: object) -> Callable[[dict[str, Path]], None]:
    def apply(folders: dict[str, Path]) -> None:
        path = folders[stage] / file
        write_json(path, {**read_json(path), **changes})

    return apply


def _answers(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[dict[str, Path]], None]:
    def apply(folders: dict[str, Path]) -> None:
        path = folders["cascade"] / "answers.npz"
        with np.load(path) as found:
            arrays = dict(found)
        arrays[name] = change(arrays[name])
        np.savez(path, **arrays)

    return apply


def _remove(stage: str, file: str) -> Callable[[dict[str, Path]], None]:
    return lambda folders: (folders[stage] / file).unlink()


def _at(place: tuple[int, ...], value: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        array[place] = value
        return array

    return change


DAMAGE: dict[str, tuple[type[OfframpError], Callable[[dict[str, Path]], None]]] = {
    "exit of frame 3 in the cascade; expected 1 by the exit policy; found 0": (
        VerificationMismatch,
        _answers("exits", _at((3,), 0)),
    ),
    "class of frame 1 in the cascade; expected 1 by": (
        VerificationMismatch,
        _answers("labels", _at((1,), 2)),
    ),
    "logits of frame 4 in the cascade": (VerificationMismatch, _answers("logits", _at((4, 9), 1))),
    "exit of the cascade; expected (5,); found (4,)": (
        VerificationMismatch,
        _answers("exits", lambda a: a[:4]),
    ),
    "answers.npz is missing": (ArtifactError, _remove("cascade", "answers.npz")),
    "the exit policy is of another checkpoint": (
        CheckpointMismatch,
        _edit("calibrate", "policy.json", checkpoint="0" * 64),
    ),
    "exit policy; expected one for 2 exits; found for 3": (
        BadOption,
        _edit("calibrate", "policy.json", thresholds=[0.85, 0.85], scales=[0.5, 0.5]),
    ),
    "policy.json is missing": (ArtifactError, _remove("calibrate", "policy.json")),
    "curve.json is missing": (ArtifactError, _remove("calibrate", "curve.json")),
    "curve.json is of another policy; expected top1 0.85 chosen": (
        ArtifactError,
        _edit("calibrate", "curve.json", thresholds=[[1.0], [0.86], [0.5], [0.0]]),
    ),
    "curve.json: the whole; expected every array must have a row per policy": (
        ArtifactError,
        _edit("calibrate", "curve.json", harmed=[0]),
    ),
    "curve.json: harmed; expected a value": (
        ArtifactError,
        lambda folders: write_json(
            folders["calibrate"] / "curve.json",
            {
                name: value
                for name, value in read_json(folders["calibrate"] / "curve.json").items()
                if name != "harmed"
            },
        ),
    ),
    "curve.json is of another policy; expected top1": (
        ArtifactError,
        _edit(
            "calibrate",
            "curve.json",
            thresholds=[[], [], [], []],
            left=[[10], [10], [10], [10]],
            correct_alone=[9],
        ),
    ),
}


@pytest.mark.parametrize("message", DAMAGE)
def test_mixed_up_files_are_refused(message: str, tmp_path: Path) -> None:
    kind, damage = DAMAGE[message]
    sources = fake_run.write(tmp_path / "run")
    damage(dict(sources.folders))
    with pytest.raises(kind) as caught:
        collect(sources)
    assert message in str(caught.value)


def _paths(seed: int, frames: int, exits: int) -> list[ExitPath]:
    random = np.random.default_rng(seed)
    return [
        ExitPath(random.integers(-80, 80, (frames, 4)), 2.0**-4, np.ones(frames, np.int64), 1)
        for _ in range(exits)
    ]


@given(
    st.integers(0, 10**6),
    st.integers(1, 40),
    st.integers(2, 4),
    st.sampled_from(sorted(CRITERIA)),
    st.floats(0.05, 0.95),
)
def test_every_frame_is_decided_once(
    seed: int,
    frames: int,
    exits: int,
    criterion: str,
    threshold: float,
) -> None:
    paths, early = _paths(seed, frames, exits), exits - 1
    rules = ExitPolicy(
        criterion=criterion,
        thresholds=(threshold,) * early,
        scales=(2.0**-4,) * early,
        classes=4,
        checkpoint="some",
    )
    found = rules.answer([path.logits for path in paths])
    assert len(found.classes) == len(found.exits) == frames
    for frame, left in enumerate(found.exits):
        fired = [bool(rules.leaves(k, paths[k].logits[frame : frame + 1])[0]) for k in range(exits)]
        assert left == fired.index(True)
        assert found.classes[frame] == paths[left].logits[frame].argmax()
    for one in policy_in_force(rules, paths).float_disagreements:
        floating = CRITERIA[criterion].leaves(paths[one.exit].real, threshold)
        assert one.differing == (floating != rules.leaves(one.exit, paths[one.exit].logits)).sum()
    require_same_answers(found, CascadeAnswers(labels=found.classes, exits=found.exits, logits=found.logits))
