"""Training options, and a recipe per dataset; what a checkpoint was trained with stands in its card."""

from __future__ import annotations

import importlib.util
from typing import Any, Literal

from pydantic import ValidationError

from toolkit.core.declaration import Group, declared_options, numbers, option
from toolkit.core.errors import OfframpError, ToolMissing, UnknownName, together

TRACKERS = ("csv", "mlflow", "neptune", "tensorboard")
"""Trackers; all but csv need the package of the same name."""
DEVICES = ("auto", "cpu", "gpu")
OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
SCHEDULES = ("constant", "cosine", "linear", "step")
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


Mode = Literal["joint", "backbone-first", "exits-only"]
"""Which parts learn: all from the start; the backbone and its last exit alone in the first half of the float
phase; or the early exits alone, on a frozen backbone."""
_LARGEST = 1e30


class TrainOptions(Group):
    """Options of :func:`toolkit.train.run.train`.

    A training has two phases: the float network (cheap), then the quantised network from its weights. Every
    field but the seed is an option of the command line and of configuration files as well.

    Raises:
        BadOption: a number out of its range; all problems at once, if there are several.
        UnknownName: unknown device, tracker, optimiser or schedule.
    """

    epochs: int = option(
        30, "Epochs of quantised training; 0: ranges are calibrated.", low=0, high=MOST_EPOCHS
    )
    float_epochs: int = option(15, "Epochs of the float training before it.", low=0, high=MOST_EPOCHS)
    mode: Mode = option("joint", "Which parts learn; exits-only needs --weights.")
    batch: int = option(250, "Images per training step.", low=1, high=2**20)
    optimizer: str = option("adamw", "Optimiser.", among=OPTIMIZERS)
    momentum: float = option(0.9, "Momentum of sgd and rmsprop.", low=0, below=1)
    schedule: str = option("cosine", "Course of the learning rate, behind a short warm-up.", among=SCHEDULES)
    float_rate: float = option(4e-3, "Highest learning rate of the float training.", above=0, high=_LARGEST)
    rate: float = option(2e-3, "Highest learning rate of quantised training.", above=0, high=_LARGEST)
    scale_rate: float = option(
        1.0, "Learning rate of the quantisers' thresholds, as a factor of --rate.", low=0, high=_LARGEST
    )
    freeze: float = option(
        0.5, "Fraction of quantised training after which these thresholds are frozen.", low=0, high=1
    )
    exit_weights: tuple[float, ...] | None = numbers(
        None, "Weight of each exit in the loss.", shown="the network's own", low=0, high=_LARGEST
    )
    weight_ramp: float = option(
        0.0, "Share of the first phase in which weights of early exits rise from 0 to theirs.", low=0, high=1
    )
    distill: float = option(
        0.0, "Weight of distillation from the last exit to each early exit.", low=0, high=_LARGEST
    )
    teacher: float = option(
        0.0,
        "Weight of distillation from the float network's exits to the quantised one's.",
        low=0,
        high=_LARGEST,
    )
    weight_decay: float = option(1e-4, "Weight decay; never of thresholds or biases.", low=0, high=_LARGEST)
    l1: float = option(0.0, "Weight of the sum of all weights' sizes in the loss.", low=0, high=_LARGEST)
    dropout: float = option(
        0.0, "Share of the inputs of linear layers that are 0 in training.", low=0, below=1
    )
    augment: float = option(
        1.0,
        "Strength of random affine changes; 1 is +-12 degrees, +-1.5 pixels, +-10 % size and shear.",
        low=0,
        high=10,
    )
    mirror: float = option(0.0, "Share of the images that are mirrored, left to right.", low=0, high=1)
    flip: float = option(0.0, "Share of the images that are turned upside down.", low=0, high=1)
    shift: float = option(0.0, "Largest random shift.", unit="pixels", low=0, high=4096)
    rotate: float = option(0.0, "Largest random rotation, either way.", unit="degrees", low=0, high=180)
    crop: int = option(
        0, "Black pixels around the image, of which a random part in its size is cut.", low=0, high=4096
    )
    cutout: int = option(0, "Side of a random black square.", unit="pixels", low=0, high=4096)
    average: float = option(
        0.99,
        "Decay per step of the moving average of the weights that is evaluated; 0: none.",
        low=0,
        below=1,
    )
    monitor: str | None = option(
        None,
        "Validation metric by which epochs are ranked, a column of history.csv.",
        shown="the task's, val_combined of a classification",
    )
    patience: int = option(
        15, "Epochs without a better one after which a phase stops.", low=1, high=MOST_EPOCHS
    )
    min_delta: float = option(0.0, "Smallest improvement that counts for --patience.", low=0, high=_LARGEST)
    exit_rate: float = option(
        0.95, "Share of frames that should leave at each early exit, in validation.", low=0, high=1
    )
    seed: int = option(0, "Seed of weights, order and augmentation.", low=0, high=MOST_SEED)
    device: str = option("auto", "Where to train.", among=DEVICES)
    tracker: str = option("csv", "Where training curves go as well.", among=TRACKERS)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            found = error.errors(include_url=False)
            raise together([_refusal(one["loc"], one["type"], one["input"]) for one in found]) from error
        for name, one in declared_options(type(self), "training").items():
            one.check(getattr(self, name), _named(name))

    def changed(self, **values: Any) -> TrainOptions:
        """Return a copy with other values; raises the errors of the class."""
        return type(self)(**(dict(self) | values))

    def to_json(self) -> dict[str, Any]:
        """Return every option by name, JSON types."""
        return self.model_dump(mode="json")


def _named(name: str) -> str:
    return f"training option {name}"


def _refusal(place: tuple[int | str, ...], problem: str, value: object) -> OfframpError:
    name = str(place[0])
    known = declared_options(TrainOptions, "training")
    if name not in known:
        return UnknownName.among("training option", name, known)
    return known[name].refusal(problem, value, _named(name))


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
    "numbers": {
        "float_epochs": 10,
        "epochs": 10,
        "batch": 125,
        "exit_rate": 0.5,
        "dropout": 0.1,
        "augment": 0.0,
    },
    "sweeps": {"epochs": 20, "batch": 64, "rate": 5e-4, "exit_rate": 0.5, "augment": 0.0},
    "hums": {"float_epochs": 40, "epochs": 40, "batch": 64, "augment": 0.0, "weight_decay": 0.0},
    "diabetes": {
        "float_epochs": 100,
        "epochs": 100,
        "batch": 32,
        "weight_decay": 0.01,
        "augment": 0.0,
        "average": 0.98,
        "patience": 50,
    },
    "california_housing": {"float_epochs": 40, "epochs": 40, "batch": 64, "augment": 0.0},
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
    """Return options to begin with on ``dataset``, changed.

    Args:
        start: trained weights take the place of the float phase, final ones of both.
        changes: options that win, by name.
    """
    return TrainOptions(**(_RECIPES.get(dataset, {}) | _LESS[start] | changes))
