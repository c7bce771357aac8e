"""The exit policy, which decides the exit of every frame, as a small JSON artifact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import ConfigDict, Field, StrictFloat, StrictInt

from toolkit.core.artifact import Artifact
from toolkit.core.errors import BadOption, CheckpointMismatch, DataError
from toolkit.core.groups import MOST_GROUPS, answers_of
from toolkit.exits.criteria import Bools
from toolkit.exits.rules import DEFAULT_FRACTION_BITS, IntegerRule, Ints, integer_logits, integer_rule


@dataclass(frozen=True)
class Answers:
    """One answer per frame.

    Attributes:
        classes: int64 [N]; of equal logits the lowest class. Of several groups all classes, in one number
            (:mod:`toolkit.core.groups`).
        exits: int64 [N], the exit each frame left by.
        logits: int64 [N, C], of that exit.
    """

    classes: Ints
    exits: Ints
    logits: Ints


class ExitPolicy(Artifact):
    """A policy by which each frame leaves at the first exit whose rule fires, else at the last.

    A network with one exit has a policy without thresholds: every frame leaves at the last exit.

    Attributes:
        criterion: name of the criterion, as in ``CRITERIA``.
        thresholds: real thresholds, one per early exit.
        scales: real value of one integer step of the logits, one per early exit.
        classes: number of logits of a group, at every exit.
        fraction_bits: fraction bits of the rules' tables.
        checkpoint: digest of the checkpoint that the policy was calibrated for.
        model: name of its network.
        calibrated_on: name of the data that thresholds were chosen on.
        chosen: description of the choice.
        objective: objective of the calibration, JSON types.
        guarantee: statistical guarantee, JSON types; None without one.
        logit_bits: width of the signed logits in bits, one per early exit; None for 25.
        groups: number of groups of logits; a frame leaves when the least sure one would.

    Raises:
        UnknownName, BadOption: a field out of its range, or not one scale and width for each threshold.
    """

    # Infinite thresholds are refused by the rules, whose message names the criterion.
    model_config = ConfigDict(allow_inf_nan=True)

    FILE: ClassVar[str] = "policy.json"

    criterion: str
    thresholds: tuple[StrictFloat, ...]
    scales: tuple[StrictFloat, ...]
    classes: StrictInt
    fraction_bits: StrictInt = DEFAULT_FRACTION_BITS
    checkpoint: str = ""
    model: str = ""
    calibrated_on: str = ""
    chosen: str = ""
    objective: Mapping[str, Any] = Field(default_factory=dict)
    guarantee: Mapping[str, Any] | None = None
    logit_bits: tuple[StrictInt, ...] | None = None
    groups: Annotated[StrictInt, Field(ge=1, le=MOST_GROUPS)] = 1

    def model_post_init(self, context: Any) -> None:
        """Build the rules now, so that values out of range are refused on construction."""
        _ = self.rules

    @classmethod
    def of_one_exit(
        cls, classes: int, criterion: str, checkpoint: str = "", model: str = "", groups: int = 1
    ) -> Self:
        """Return the policy of a network without early exits; the criterion is never evaluated."""
        return cls(
            criterion=criterion,
            thresholds=(),
            scales=(),
            classes=classes,
            checkpoint=checkpoint,
            model=model,
            chosen="one exit: nothing to decide",
            groups=groups,
        )

    @property
    def exits(self) -> int:
        """Number of exits, including the last."""
        return len(self.thresholds) + 1

    @property
    def outputs(self) -> int:
        """Number of logits per exit, in all groups."""
        return self.groups * self.classes

    @property
    def in_words(self) -> str:
        """Criterion and thresholds."""
        return thresholds_in_words(self.criterion, self.thresholds)

    @cached_property
    def rules(self) -> tuple[IntegerRule, ...]:
        """Integer rules, one per early exit."""
        early = len(self.thresholds)
        bits = (None,) * early if self.logit_bits is None else self.logit_bits
        for what, values in (("scales", self.scales), ("logit widths", bits)):
            if len(values) != early:
                expected = f"{early}, one per early exit"
                raise BadOption(f"{what} of an exit policy", expected=expected, found=len(values))
        return tuple(
            integer_rule(
                *(self.criterion, t, scale, self.classes),
                fraction_bits=self.fraction_bits,
                logit_bits=width,
                groups=self.groups,
            )
            for t, scale, width in zip(self.thresholds, self.scales, bits, strict=True)
        )

    def leaves(self, k: int, logits: npt.ArrayLike) -> Bools:
        """Return which of the frames that reach exit ``k`` leave there, bool [N]; at the last exit all do.

        Args:
            k: index of the exit.
            logits: integers [N, C].

        Raises:
            BadOption: no such exit.
            DataError, RangeExceeded: as :meth:`IntegerRule.leaves`.
        """
        if not 0 <= k < self.exits:
            raise BadOption("exit", expected=f"0 to {self.exits - 1}", found=k)
        if k < len(self.rules):
            return self.rules[k].leaves(logits)
        return np.ones(len(integer_logits(logits, self.outputs)), dtype=bool)

    def answer(self, logits: Sequence[npt.ArrayLike]) -> Answers:
        """Answer every frame at the first exit that fires.

        Args:
            logits: per exit integers [N, C]; logits of exits that a frame does not reach have no effect.

        Raises:
            BadOption: not one array for each exit.
            DataError, RangeExceeded: as :meth:`IntegerRule.leaves`, or another number of frames.
        """
        if len(logits) != self.exits:
            raise BadOption("logits", expected=f"those of {self.exits} exits", found=len(logits))
        arrays = stacked(logits, self.outputs)
        exits = np.argmax([self.leaves(k, array) for k, array in enumerate(arrays)], axis=0)
        chosen = arrays[exits, np.arange(arrays.shape[1])]
        return Answers(answers_of(chosen, self.groups), exits, chosen)

    def require(self, checkpoint_digest: str, exits: int) -> None:
        """Check that the policy was calibrated for this network.

        Raises:
            CheckpointMismatch: the checkpoint differs.
            BadOption: the number of exits differs.
        """
        if checkpoint_digest != self.checkpoint:
            raise CheckpointMismatch(
                "the exit policy is of another checkpoint",
                expected=checkpoint_digest[:12],
                found=f"{self.checkpoint[:12] or 'none'} ({self.model or 'no model'})",
                fix="Calibrate this one with `offramp calibrate`.",
            )
        if exits != self.exits:
            raise BadOption("exit policy", expected=f"one for {exits} exits", found=f"for {self.exits}")


def thresholds_in_words(criterion: str, thresholds: Sequence[float]) -> str:
    """Name a criterion with the thresholds of the early exits, in their order: ``top1 0.9, 0.85``."""
    return f"{criterion} {', '.join(f'{one:g}' for one in thresholds) or 'without threshold'}"


def stacked(logits: Sequence[npt.ArrayLike], classes: int) -> Ints:
    """Check the logits of all exits and return them as int64 [exits, N, C].

    Raises:
        DataError, RangeExceeded: as :func:`integer_logits`, or exits with different numbers of frames.
    """
    arrays = [integer_logits(array, classes) for array in logits]
    if len({len(array) for array in arrays}) != 1:
        raise DataError("logits", expected="one frame count", found=[len(array) for array in arrays])
    return np.stack(arrays)
