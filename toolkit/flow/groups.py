"""The groups of options of a run; each option is declared once, in one line.

Names of options are unique across groups: ``--frames`` and ``simulation.frames`` are the same.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import create_model

import hw_models
from hw_models import NetworkSpec
from hw_models.description import OwnNetwork
from hw_models.quant import MAX_BITS, MIN_BITS, QuantConfig, Scaling, read_layer_bits
from toolkit import boards, families
from toolkit.core.declaration import (
    FILE,
    FLAG,
    HEAD,
    LATE_FLAG,
    NUMBERS,
    Group,
    declared_options,
    numbers,
    option,
)
from toolkit.core.errors import BadOption
from toolkit.train.options import DEVICES, MOST_SEED, TRACKERS, TrainOptions

if TYPE_CHECKING:
    from toolkit.boards import Board

TARGETS = boards.targets()
"""Targets a run can be built for, with what each gives."""

LEAST_CYCLES = 3200
"""Cycles per frame that target ``sim`` is folded for, of a network that is not large."""
MOST_MULTIPLIERS = 600
"""Multipliers from which on more cycles are taken: a simulation of thousands takes long to compile."""
RANDOM = "random"
"""Dataset of a QONNX file that has none, see :mod:`toolkit.data.random_frames`."""


def cycles_for(macs: int, least: int) -> int:
    """Return the cycles per frame that target ``sim`` is folded for.

    Args:
        macs: multiply-accumulates of a frame.
        least: cycles that no folding is faster than.
    """
    return max(LEAST_CYCLES, least, -(-macs // MOST_MULTIPLIERS))


# These names are defined in packages that import numpy or PyTorch. They are asked for only when a value
# differs from its default, so that `offramp --help` stays fast.


def _datasets() -> Collection[str]:
    from toolkit import data

    return data.names()


def _criteria() -> Collection[str]:
    from toolkit.exits import CRITERIA

    return CRITERIA


class NetworkOptions(Group):
    """The network and its weights."""

    model: str = option("b_lenet_se", "Network (see 'offramp models').", place=HEAD)
    checkpoint: Path | None = option(None, "Trained weights to take.", exists="file", place=FILE)
    weights: Path | None = option(
        None, "Float weights to start from, a PyTorch state dict.", exists="file", place=FILE
    )
    weights_unit: int | None = option(
        None,
        "Pixel that was 1.0 in the training of --weights, or of a QONNX file.",
        shown="255; 256 for Offramp's own",
        low=1,
        high=2**16,
    )
    description: str | None = option(
        None,
        "A network of your own, as JSON; 'offramp config FILE.py:NAME' prints it.",
        shown="the network of that name",
        place=None,
    )
    qonnx: Path | None = option(
        None,
        "A QONNX file to compile in place of a network, as 'offramp compile FILE.onnx' names it.",
        exists="file",
        place=None,
    )
    force: bool = option(False, "Take a checkpoint trained on other data.", place=LATE_FLAG)

    @property
    def own(self) -> OwnNetwork | None:
        """The user's own network; None: a network of this package.

        Raises:
            ArtifactError, BadOption: its description is damaged, of no possible network or of another name.
        """
        if self.description is None:
            return None
        found = OwnNetwork.of_text(self.description, "network.description")
        if found.network.name != self.model:
            raise BadOption("network.model", expected=found.network.name, found=self.model)
        return found

    def spec(self) -> NetworkSpec:
        """Return the network; raises those of :attr:`own`, UnknownName, and BadOption for a QONNX file."""
        if self.qonnx is not None:
            raise BadOption("layers of a network", expected="a network", found=f"the file {self.qonnx.name}")
        own = self.own
        return hw_models.get(self.model) if own is None else own.network


class QuantOptions(Group):
    """Bit widths and scales."""

    weight_bits: int = option(4, "Bits of weights.", low=MIN_BITS, high=MAX_BITS)
    act_bits: int = option(4, "Bits of activations.", low=MIN_BITS, high=MAX_BITS)
    scaling: Scaling = option("po2", "Powers of two or any scale.")
    first_weight_bits: int | None = option(
        None, "Bits of the first layer's weights.", low=MIN_BITS, high=MAX_BITS
    )
    last_weight_bits: int | None = option(
        None, "Bits of the classifiers' weights.", low=MIN_BITS, high=MAX_BITS
    )
    per_channel: bool = option(False, "A weight scale per channel in hidden layers.", place=FLAG)
    layer_bits: str | None = option(
        None,
        "Bits of single layers: LAYER=WEIGHTS/ACTIVATIONS, with commas between them.",
        shown="those of all layers",
    )

    def config(self) -> QuantConfig:
        """Return the same values as the networks expect them; raises BadOption for the bits of a layer."""
        layers = {} if self.layer_bits is None else read_layer_bits(self.layer_bits)
        return QuantConfig(**self.model_dump(exclude={"layer_bits"}), overrides=layers)


class DataOptions(Group):
    """The dataset, and the seed of its split, of training and of stall patterns."""

    dataset: str = option("digits", "Dataset (see 'offramp models').", among=_datasets, place=HEAD)
    data_dir: Path | None = option(None, "Folder with the datasets' folders.", exists="folder", place=None)
    data_path: Path | None = option(
        None,
        "Own data: a folder of pictures per class (imagefolder), an .npz file or a folder of .npy files.",
        exists="file or folder",
        place=FILE,
    )
    image_size: int | None = option(
        None, "Height, and width, that own pictures are resized to.", shown="as they are", low=1, high=4096
    )
    image_width: int | None = option(
        None, "Width, where it is not --image-size.", shown="as --image-size", low=1, high=4096
    )
    colour: Literal["grey", "rgb"] | None = option(
        None, "Colour that own pictures are converted to.", shown="as they are"
    )
    seed: int = option(0, "Seed of everything random.", low=0, high=MOST_SEED)


class _Training(Group):
    """Training; options without a value are those of the dataset's recipe."""

    train: bool = option(False, "Train, even where a shipped checkpoint would do.", place=FLAG)
    device: str = option("auto", "Where to train.", among=DEVICES, place=None)
    tracker: str = option("csv", "Where training curves go as well.", among=TRACKERS, place=None)

    @property
    def demanded(self) -> bool:
        """Whether to train although a checkpoint is available: asking for how to train asks for training."""
        return self.train or bool(self.changes.keys() - PLACES)

    @property
    def changes(self) -> dict[str, Any]:
        """Options that differ from the dataset's recipe, by their names in training."""
        given = self.model_dump(exclude={"train"}, exclude_none=True)
        return {_IN_TRAINING.get(name, name): value for name, value in given.items()}


PLACES = frozenset({"device", "tracker"})
"""Options of training that do not decide its result."""
_NAMES = {"exit_rate": "trained_exit_rate"}
"""Options of training that have another name here, since other groups have one of that name."""
_IN_TRAINING = {here: there for there, here in _NAMES.items()}


def _as_trained() -> dict[str, Any]:
    """Return a field for each option of training but the seed; without a value the recipe decides."""
    fields: dict[str, Any] = {}
    for name, one in declared_options(TrainOptions, "training").items():
        if name == "seed" or name in PLACES:
            continue
        usual = one.shown or f"{one.default}, or the dataset's recipe"
        limits = {limit: getattr(one, limit) for limit in ("low", "high", "above", "below", "among", "unit")}
        declare = numbers if one.kind == NUMBERS else option
        fields[_NAMES.get(name, name)] = (one.kind | None, declare(None, one.help, shown=usual, **limits))
    return fields


if TYPE_CHECKING:
    TrainingOptions = _Training
else:
    TrainingOptions = create_model(
        "TrainingOptions", __base__=_Training, __doc__=_Training.__doc__, **_as_trained()
    )
"""The group of all options of training, made from those that training declares."""


class ValidationOptions(Group):
    """How ``offramp validate`` divides the data."""

    folds: int = option(
        5, "Parts of the data; each scores a network trained on the others.", low=2, high=100, place=None
    )
    resamples: int = option(
        0, "Bootstrap samples to train on, in place of folds.", low=0, high=1000, place=None
    )
    views: int = option(
        1, "Shifted views of an image whose outputs are averaged as well.", low=1, high=9, place=None
    )


class ClusterOptions(Group):
    """Where independent pieces of work are made."""

    scheduler: str | None = option(
        None,
        "Address of a Dask scheduler whose workers do the work, tcp://HOST:PORT.",
        shown="this machine",
        place=None,
    )
    workers: int = option(1, "Processes that work on this machine.", low=1, high=10**4, place=None)


class FoldingOptions(Group):
    """Goals of folding."""

    cycles: int | None = option(
        None,
        "Cycles per frame that folding aims for.",
        shown=f"{LEAST_CYCLES}, more for a large network; on a board, what --luts allow",
        low=1,
        high=10**9,
    )
    luts: int | None = option(
        None,
        "Look-up tables that a board's design may take.",
        shown="by the chip family, or what it needs",
        low=1,
        high=10**7,
    )


class SimulationOptions(Group):
    """Simulation and the cascade's timing."""

    frames: int | None = option(None, "Test frames to simulate and compare.", shown="all", low=1, high=10**6)
    host_cycles: int = option(0, "Cycles the host takes between stages.", unit="cycles", low=0, high=10**9)
    layers: bool = option(False, "Compare every stream between two layers as well.", place=FLAG)
    coverage: bool = option(
        True, "Drive every part of the hardware with integers made for it, and count them.", place=FLAG
    )
    mutants: int = option(
        0,
        "Random faults, about so many, to put into copies of the hardware to see that they are found.",
        low=0,
        high=10_000,
    )


class PolicyOptions(Group):
    """When frames leave early, for at most one of exit_rate, max_loss, max_latency and max_energy."""

    criterion: str = option("top1", "Exit criterion: top1, entropy or margin.", among=_criteria)
    fraction_bits: int = option(14, "Fraction bits of its tables.", low=4, high=16)
    exit_rate: float | None = option(
        None, "Let at least this share leave early.", shown="--trained-exit-rate", low=0, high=1
    )
    max_loss: float | None = option(
        None, "Lose at most so many points of accuracy to the last exit.", unit="points", low=0, high=100
    )
    max_latency: float | None = option(
        None, "Take at most so many cycles, in the mean.", unit="cycles", low=1, high=1e9
    )
    max_energy: float | None = option(
        None, "Take at most so many uJ above idle, in the mean (estimated).", unit="uJ", above=0, high=1e9
    )
    epsilon: float | None = option(
        None, "Guarantee: at most this share of all frames is harmed by leaving early.", above=0, below=1
    )
    delta: float = option(0.05, "Probability that the guarantee fails.", above=0, below=1)
    false_alarms: float = option(
        0.05,
        "Of a network that reconstructs: share of normal frames that may be called anomalies.",
        low=0,
        high=0.5,
    )

    @property
    def aims(self) -> tuple[str, ...]:
        """Names of the objectives that are set; at most one is allowed."""
        return tuple(name for name in AIMS if getattr(self, name) is not None)


AIMS = ("exit_rate", "max_loss", "max_latency", "max_energy")
"""Options that are objectives of an exit policy."""


class ImplementationOptions(Group):
    """The target and its bitstream."""

    target: str = option("ulx3s-85f", "What to build for.", among=TARGETS, place=HEAD)
    tools: str | None = option(
        None, "Tools that make the bitstream.", shown="the board's usual ones", among=families.tools()
    )
    clock_mhz: float | None = option(
        None,
        "Clock of a bitstream, or of all times for sim.",
        shown="by its size; the board's",
        unit="MHz",
        low=1,
        high=1000,
    )
    seeds: int = option(1, "Placements to try for a bitstream; the fastest is taken.", low=1, high=1000)
    require_clock: bool = option(False, "A bitstream that misses its clock is an error.", place=FLAG)
    plan: bool = option(
        False, "Write a bitstream's files and commands, and run nothing (Vivado).", place=LATE_FLAG
    )
    dsp_primitives: bool = option(
        False,
        "Make products of FINN+'s DSP primitives, which are not verified here (Vivado).",
        place=LATE_FLAG,
    )
    remote: str | None = option(
        None,
        "Machine with Vivado, USER@HOST, to build a bitstream on with ssh.",
        shown="this one",
        place=None,
    )

    @property
    def board(self) -> Board | None:
        """The target's board; None for target ``sim``.

        Raises:
            BadOption: the target is not built with these tools.
        """
        if self.target != boards.SIM:
            return boards.board(self.target, tools=self.tools)
        if self.tools is not None:
            raise BadOption(f"--tools for {boards.SIM}", expected="none", found=self.tools)
        return None


HOST_US = 16.0
"""Microseconds in which the host decides on a frame: ``benchmarks/controller.py`` measured 11 to 17 in
batches of 64 and more."""


class CompareOptions(Group):
    """The designs that are compared at equal resources."""

    latency_bound_us: float | None = option(
        None,
        "Mean latency that both designs keep at --load on calibration frames (estimated, without the host).",
        shown="none: the fastest designs",
        unit="us",
        above=0,
        high=1e9,
    )
    load: float = option(
        0.9, "Frames offered for --latency-bound-us, as a share of a design's throughput.", low=0.01, high=1
    )


class CostOptions(Group):
    """The host's time, and measurements that take the place of estimates."""

    host_us: float = option(
        HOST_US, "Time the host takes to decide on a frame; 0: none.", unit="us", low=0, high=1e6
    )
    measurements: Path | None = option(
        None, "Own measured energies to fit the energy model to.", exists="file", place=FILE
    )
    power: Path | None = option(
        None,
        "Power of the run's design: measured (.csv), or Vivado's report_power.",
        exists="file",
        place=FILE,
    )
