"""Training options, and the values that the shipped checkpoints were trained with."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from toolkit.core.errors import BadOption, ToolMissing, UnknownName

TRACKERS = ("csv", "mlflow", "neptune", "tensorboard")
"""Trackers; all but csv need the package of the same name."""
DEVICES = ("auto", "cpu", "gpu")
MOST_EPOCHS = 100_000
"""Largest number of epochs of a phase."""
MOST_SEED = 2**32
"""Largest seed: an epoch's seed is a multiple of it, and PyTorch takes 64 bits."""


def require_tracker(name: str) -> None:
    """Check that the package of a tracker is installed, without importing it.

    Raises:
        ToolMissing: it is not.
    """
    if name != "csv" and importlib.util.find_spec(name) is None:
        fix = f"Install it with `pip install {name}`, or choose another tracker."
        raise ToolMissing(
            f"--tracker {name} needs a package that is not installed", expected=f"the package {name}", fix=fix
        )


@dataclass(frozen=True)
class TrainOptions:
    """Options of :func:`toolkit.train.run.train`.

    A training has two phases: the float network (cheap), then the quantised network from its weights.

    Args:
        float_epochs: epochs of the first phase; 0 starts the quantised network from random weights.
        epochs: epochs of the second phase; 0: the ranges of the quantised network are calibrated, no more.
        batch: images per training step.
        float_rate, rate: highest learning rate of each phase (AdamW, short warm-up, then a cosine to zero).
        scale_rate: learning rate of the quantisers' thresholds, as a factor of ``rate``.
        freeze: fraction of the second phase after which the thresholds are frozen.
        weight_decay: weight decay of AdamW; never applied to thresholds or biases.
        exit_weights: weight of each exit in the loss; None means the network's own.
        distill: weight of the distillation loss from the last exit to each early exit.
        teacher: weight of the distillation loss from each exit of the float network to the quantised one's.
        augment: strength of random affine changes; 1 is +-12 degrees, +-1.5 pixels, +-10 % size and shear.
        mirror: share of the images that are mirrored, left to right.
        average: decay per training step of the moving average of the weights that is evaluated; 0: none.
        patience: epochs without a better validation result after which a phase ends.
        exit_rate: share of the frames that should leave at each early exit; validation accuracy is the
            combined accuracy at this rate, and the shipped threshold is chosen for it.
        seed: seed of weights, order and augmentation.
        device: "auto", "cpu" or "gpu".
        tracker: "csv", "tensorboard", "mlflow" or "neptune"; ``history.csv`` is written in any case.

    Raises:
        BadOption: a number out of its range.
        UnknownName: unknown device or tracker.
    """

    float_epochs: int = 15
    epochs: int = 30
    batch: int = 250
    float_rate: float = 4e-3
    rate: float = 2e-3
    scale_rate: float = 1.0
    freeze: float = 0.5
    weight_decay: float = 1e-4
    exit_weights: tuple[float, ...] | None = None
    distill: float = 0.0
    teacher: float = 0.0
    augment: float = 1.0
    mirror: float = 0.0
    average: float = 0.99
    patience: int = 15
    exit_rate: float = 0.95
    seed: int = 0
    device: str = "auto"
    tracker: str = "csv"

    def __post_init__(self) -> None:
        if self.exit_weights is not None:
            object.__setattr__(self, "exit_weights", tuple(float(w) for w in self.exit_weights))
        within = {"float_epochs": (0, MOST_EPOCHS), "epochs": (0, MOST_EPOCHS), "seed": (0, MOST_SEED)}
        for name, (low, high) in within.items():
            _check(name, getattr(self, name), low <= getattr(self, name) <= high, f"{low} to {high:,}")
        at_least = {"batch": 1, "patience": 1}
        at_least |= {"scale_rate": 0, "weight_decay": 0, "distill": 0, "teacher": 0, "augment": 0}
        for name, low in at_least.items():
            _check(name, getattr(self, name), low <= getattr(self, name) < math.inf, f"{low} or more")
        for name in ("float_rate", "rate"):
            _check(name, getattr(self, name), 0 < getattr(self, name) < math.inf, "more than 0")
        for name in ("freeze", "exit_rate", "mirror"):
            _check(name, getattr(self, name), 0 <= getattr(self, name) <= 1, "0 to 1")
        _check("average", self.average, 0 <= self.average < 1, "0 to less than 1")
        if not all(0 <= weight < math.inf for weight in self.exit_weights or ()):
            raise BadOption("training option exit_weights", expected="0 or more", found=self.exit_weights)
        if self.device not in DEVICES:
            raise UnknownName.among("device", self.device, DEVICES)
        if self.tracker not in TRACKERS:
            raise UnknownName.among("tracker", self.tracker, TRACKERS)

    def to_json(self) -> dict[str, Any]:
        """Return every option by name, JSON types."""
        return asdict(self) | {"exit_weights": list(self.exit_weights) if self.exit_weights else None}


def _check(name: str, value: object, good: bool, expected: str) -> None:
    if not good:
        raise BadOption(f"training option {name}", expected=expected, found=value)


_RECIPES: dict[str, dict[str, Any]] = {
    "digits": {
        "float_epochs": 60,
        "epochs": 60,
        "batch": 64,
        "distill": 0.5,
        "augment": 0.7,
        "average": 0.98,
        "patience": 60,
    },
    "mnist": {
        "float_epochs": 14,
        "epochs": 22,
        "float_rate": 5e-3,
        "distill": 0.5,
        "patience": 20,
    },
    "fashion_mnist": {"float_epochs": 14, "epochs": 22, "distill": 0.5, "mirror": 0.5, "patience": 20},
    "cifar10": {"float_epochs": 40, "epochs": 40, "exit_rate": 0.5, "mirror": 0.5},
    "cifar10-subset": {"float_epochs": 60, "epochs": 60, "batch": 64, "exit_rate": 0.5, "mirror": 0.5},
    "sweeps": {"epochs": 20, "batch": 64, "rate": 5e-4, "exit_rate": 0.5, "augment": 0.0},
    "hums": {"float_epochs": 40, "epochs": 40, "batch": 64, "augment": 0.0, "weight_decay": 0.0},
    "svhn": {"float_epochs": 20, "epochs": 30, "augment": 0.5, "exit_rate": 0.8},
}


Start = Literal["random", "trained", "final"]
"""What a training starts from: random weights, trained ones, or those that stay as they are."""
_LESS: dict[Start, dict[str, Any]] = {
    "random": {},
    "trained": {"float_epochs": 0},
    "final": {"float_epochs": 0, "epochs": 0},
}


def recipe(dataset: str, start: Start = "random", **changes: Any) -> TrainOptions:
    """Return the options of the shipped checkpoints of ``dataset``, or some to begin with, changed.

    Args:
        start: trained weights take the place of the float phase, final ones of both.
        changes: options that win, by name.
    """
    return replace(TrainOptions(**_RECIPES.get(dataset, {})), **(_LESS[start] | changes))
