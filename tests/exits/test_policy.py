from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.exits.population import CLASSES, SCALE, draw
from toolkit.core.errors import (
    ArtifactError,
    BadOption,
    CheckpointMismatch,
    DataError,
    RangeExceeded,
    UnknownName,
)
from toolkit.exits import CRITERIA, ExitPolicy

POLICY = ExitPolicy(
    criterion="margin",
    thresholds=(2.0, 1.0),
    scales=(1.0, 0.5),
    classes=3,
    checkpoint="abcdef" * 10,
    model="net",
    calibrated_on="calibration",
    chosen="by hand",
    objective={"name": "exit_rate", "rate": 0.5},
    guarantee={"epsilon": 0.01, "delta": 0.1},
    logit_bits=(8, 9),
)


def replace(**changes: Any) -> ExitPolicy:
    return ExitPolicy(**{**POLICY.model_dump(), **changes})


LOGITS = [
    np.array([[0, 5, 3], [4, 4, 4], [1, 2, 2], [9, 0, 0]]),
    np.array([[0, 0, 9], [7, 5, 0], [5, 5, 4], [0, 9, 0]]),
    np.array([[0, 0, 9], [0, 9, 0], [6, 1, 6], [0, 9, 0]]),
]


def test_a_frame_leaves_once_at_the_first_exit_that_fires() -> None:
    answers = POLICY.answer(LOGITS)
    assert answers.exits.tolist() == [0, 1, 2, 0]
    assert answers.classes.tolist() == [1, 0, 0, 0]  # frame 2: classes 0 and 2 tie, the lower wins
    assert answers.logits.tolist() == [[0, 5, 3], [7, 5, 0], [6, 1, 6], [9, 0, 0]]
    assert all(array.dtype == np.int64 for array in (answers.classes, answers.exits, answers.logits))


def test_deciding_exit_by_exit_is_the_same() -> None:
    """As a controller does: only frames that stay are asked again."""
    logits, _ = draw(500, exits=4)
    for name in CRITERIA:
        threshold = CRITERIA[name].at_margin(2.5, CLASSES)
        policy = ExitPolicy(criterion=name, thresholds=(threshold,) * 3, scales=(SCALE,) * 3, classes=CLASSES)
        staying, exits = np.arange(500), np.full(500, -1)
        for k in range(4):
            leaves = policy.leaves(k, logits[k][staying])
            exits[staying[leaves]] = k
            staying = staying[~leaves]
        assert len(staying) == 0
        assert (policy.answer(logits).exits == exits).all()
        assert len(set(exits)) == 4


def test_with_one_exit_every_frame_leaves_there() -> None:
    answers = replace(thresholds=(), scales=(), logit_bits=None).answer(LOGITS[2:])
    assert answers.exits.tolist() == [0, 0, 0, 0]
    assert answers.classes.tolist() == [2, 1, 0, 1]


def test_no_frames_no_answers() -> None:
    assert POLICY.answer([np.zeros((0, 3), dtype=np.int64)] * 3).classes.tolist() == []


def test_it_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    one_exit = replace(thresholds=(), scales=(), logit_bits=None)
    for policy in (POLICY, one_exit, replace(guarantee=None, logit_bits=None, thresholds=(0.1 + 0.2, 1e-9))):
        file = policy.save(tmp_path)
        assert ExitPolicy.load(tmp_path) == policy
    first = file.read_bytes()
    ExitPolicy.load(tmp_path).save(tmp_path)
    assert file.read_bytes() == first
    assert json.loads(first)["schema"] == 1


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"schema": 2}, ArtifactError, "another version of Offramp; expected schema 1"),
        ({"thresholds": ["high"]}, ArtifactError, "policy.json: thresholds.0; expected "),
        ({"classes": None}, ArtifactError, "policy.json: classes; expected "),
        ({"surplus": 1}, ArtifactError, "policy.json: surplus; expected "),
        (
            {"thresholds": [1.0]},
            BadOption,
            "scales of an exit policy; expected 1, one per early exit; found 2",
        ),
        ({"thresholds": [-1.0, 1.0]}, BadOption, "threshold of margin"),
        ({"thresholds": [float("nan"), 1.0]}, ArtifactError, "NaN where a finite number belongs"),
        ({"thresholds": [float("inf"), 1.0]}, ArtifactError, "Infinity where a finite number belongs"),
        ({"criterion": "gut"}, UnknownName, "unknown criterion 'gut'"),
    ],
)
def test_a_file_that_is_none(
    tmp_path: Path, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    file = POLICY.save(tmp_path)
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(error, match=message):
        ExitPolicy.load(tmp_path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="is missing"):
        ExitPolicy.load(tmp_path)


def test_a_policy_belongs_to_one_checkpoint_and_number_of_exits() -> None:
    POLICY.require(POLICY.checkpoint, 3)
    with pytest.raises(
        CheckpointMismatch, match="another checkpoint; expected 012345012345; found abcdefabcdef"
    ):
        POLICY.require("012345" * 10, 3)
    with pytest.raises(BadOption, match="expected one for 2 exits; found for 3"):
        POLICY.require(POLICY.checkpoint, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thresholds": ()}, "scales"),
        ({"logit_bits": (8,)}, "logit widths of an exit policy; expected 2"),
        ({"scales": (1.0, 0.0)}, "logit scale"),
        ({"fraction_bits": 40}, "fraction bits"),
    ],
)
def test_fields_out_of_range(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadOption, match=message):
        replace(**change)


def test_logits_that_do_not_fit_the_policy() -> None:
    with pytest.raises(BadOption, match="those of 3 exits; found 2"):
        POLICY.answer(LOGITS[:2])
    with pytest.raises(DataError, match="one frame count"):
        POLICY.answer([*LOGITS[:2], LOGITS[2][:1]])
    with pytest.raises(DataError, match=r"shape \[frames, 3\]"):
        POLICY.answer([*LOGITS[:2], LOGITS[2][:, :2]])
    with pytest.raises(RangeExceeded, match="logits of 8 bits"):
        POLICY.leaves(0, LOGITS[0] + 200)
    assert POLICY.leaves(1, LOGITS[1] + 200).any()
    for k in (-1, 3):
        with pytest.raises(BadOption, match="exit; expected 0 to 2"):
            POLICY.leaves(k, LOGITS[0])
