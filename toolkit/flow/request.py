"""What a run is asked for: the options of ``offramp build``, as data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from toolkit.errors import ArtifactError, BadOption, UnknownName

if TYPE_CHECKING:
    from hw_models.quant import QuantConfig
    from toolkit.boards import OpenFlow

TARGETS: Mapping[str, str] = {
    "sim": "the accelerators' RTL, simulated; no bitstream",
    "ulx3s-85f": "a bitstream for the ULX3S with an ECP5 85F, made by open tools",
    "orangecrab-85f": "a bitstream for the OrangeCrab r0.2 with an ECP5 85F, made by open tools",
}
"""Targets a run can be built for, with what each gives."""

DEFAULT_CYCLES = 3200
"""Cycles per frame that target ``sim`` is folded for."""

AIMS = ("exit_rate", "max_loss", "max_latency", "max_energy")
"""What an exit policy can be chosen for; a request has at most one."""


@dataclass(frozen=True)
class Request:
    """One run's options. A relative path means: below the folder the command was started in.

    Args:
        model, dataset, target: names.
        weight_bits, act_bits, first_weight_bits, last_weight_bits, scaling, per_channel: see
            :class:`hw_models.QuantConfig`.
        seed: of the data split, the training and the stall patterns.
        checkpoint: trained weights; without it a shipped checkpoint for exactly this model, dataset and bits,
            and without that, training.
        train: train, even where a shipped checkpoint would do.
        float_epochs, epochs, device, tracker: see :class:`toolkit.train.TrainOptions`; None means as the
            shipped checkpoints were trained.
        data_dir: folder with the datasets' folders; default is the environment's.
        cycles: clock cycles per frame that folding aims for. None: 3,200 for target ``sim``, and for a board
            the fastest folding within ``luts``.
        luts: look-up tables that a board's design may take, the serial link among them. None: 8,000, or as
            many more as the network needs at least.
        frames: test frames to simulate and compare on each exit path; None means all of them.
        layers: compare every stream between two layers as well.
        criterion, fraction_bits: of the exit decision, see :mod:`toolkit.exits`.
        exit_rate, max_loss, max_latency, max_energy: what its threshold is chosen for, at most one of them:
            a share of frames that leave early, points of accuracy, mean cycles, mean µJ above idle.
        epsilon, delta: choose only among thresholds that harm at most ``epsilon`` of all frames with
            probability 1 - ``delta``; no guarantee if None.
        host_cycles: clock cycles the host takes between two stages.
        measurements: own measured energies, a file of ``toolkit.cost.fit_calibration``, which the energy
            model is fitted to instead of the published rows.
        power: what the design of the run draws, a measurement (.csv) or Vivado's report_power; it takes the
            place of the energy model.
        clock_mhz: the clock that times are given at; None: the board's. For a bitstream, the clock to place
            and route for, one of those offered; None: chosen by the design's size.
        seeds: placements tried for a bitstream; the fastest is taken.
        require_clock: a bitstream that misses its clock is an error.
        force: accept a checkpoint trained on other data.
    """

    model: str = "b_lenet_se"
    dataset: str = "digits"
    target: str = "ulx3s-85f"
    weight_bits: int = 4
    act_bits: int = 4
    first_weight_bits: int | None = None
    last_weight_bits: int | None = None
    scaling: Literal["po2", "float"] = "po2"
    per_channel: bool = False
    seed: int = 0
    checkpoint: Path | None = None
    train: bool = False
    float_epochs: int | None = None
    epochs: int | None = None
    device: str = "auto"
    tracker: str = "csv"
    data_dir: Path | None = None
    cycles: int | None = None
    luts: int | None = None
    frames: int | None = None
    layers: bool = False
    criterion: str = "top1"
    fraction_bits: int = 14
    exit_rate: float | None = None
    max_loss: float | None = None
    max_latency: float | None = None
    max_energy: float | None = None
    epsilon: float | None = None
    delta: float = 0.05
    host_cycles: int = 0
    measurements: Path | None = None
    power: Path | None = None
    clock_mhz: float | None = None
    seeds: int = 1
    require_clock: bool = False
    force: bool = False

    @property
    def quant(self) -> QuantConfig:
        """The bit widths and scales as the networks take them.

        Raises:
            BadOption: one is out of range.
        """
        from hw_models.quant import QuantConfig

        return QuantConfig(
            weight_bits=self.weight_bits,
            act_bits=self.act_bits,
            first_weight_bits=self.first_weight_bits,
            last_weight_bits=self.last_weight_bits,
            scaling=self.scaling,
            per_channel=self.per_channel,
        )

    @property
    def open_flow(self) -> OpenFlow | None:
        """How open tools make the target's bitstream, if they do."""
        from toolkit.boards import board

        return None if self.target == "sim" else board(self.target).open_flow

    def check(self) -> None:
        """Refuse names that do not exist and numbers out of range, before anything is made.

        Raises:
            UnknownName: the model, dataset or target; with the nearest names.
            BadOption: a number or a path.
        """
        import hw_models
        from toolkit import data

        hw_models.get(self.model)
        if self.dataset not in data.names():
            raise UnknownName.among("dataset", self.dataset, data.names())
        if self.target not in TARGETS:
            raise UnknownName.among("target", self.target, TARGETS)
        _ = self.quant
        self._check_policy()
        self._check_clock()
        at_least = {"seed": 0, "cycles": 1, "frames": 1, "epochs": 1, "float_epochs": 0, "host_cycles": 0}
        at_least |= {"luts": 1, "seeds": 1}
        for name, least in at_least.items():
            value = getattr(self, name)
            if value is not None and value < least:
                option = f"--{name.replace('_', '-')}"
                raise BadOption(option, expected=f"{least} or more", found=value)
        if self.train and self.checkpoint is not None:
            raise BadOption("--train and --checkpoint", expected="one of them", found="both")
        for name in ("checkpoint", "measurements", "power"):
            path = getattr(self, name)
            if path is not None and not path.is_file():
                raise BadOption(f"--{name}", expected="a file", found=f"{path}, which is none")
        if self.data_dir is not None and not self.data_dir.is_dir():
            raise BadOption("--data-dir", expected="a folder", found=f"{self.data_dir}, which is none")

    def _check_policy(self) -> None:
        from toolkit.exits import CRITERIA, Guarantee
        from toolkit.exits.rules import MAX_FRACTION_BITS, MIN_FRACTION_BITS

        if self.criterion not in CRITERIA:
            raise UnknownName.among("criterion", self.criterion, CRITERIA)
        if not MIN_FRACTION_BITS <= self.fraction_bits <= MAX_FRACTION_BITS:
            expected = f"{MIN_FRACTION_BITS} to {MAX_FRACTION_BITS}"
            raise BadOption("--fraction-bits", expected=expected, found=self.fraction_bits)
        given = [f"--{name.replace('_', '-')}" for name in AIMS if getattr(self, name) is not None]
        if len(given) > 1:
            raise BadOption(" and ".join(given), expected="one of them", found=f"{len(given)}")
        highest = {"exit_rate": 1.0, "max_loss": 100.0}
        for name in AIMS:
            value, high = getattr(self, name), highest.get(name, math.inf)
            if value is not None and not 0 <= value <= high:
                expected = f"0 to {high:g}" if high < math.inf else "0 or more"
                raise BadOption(f"--{name.replace('_', '-')}", expected=expected, found=value)
        if self.epsilon is not None:
            Guarantee(self.epsilon, self.delta)

    def _check_clock(self) -> None:
        from toolkit.bitstream.pll import rung

        if self.clock_mhz is None:
            return
        if not 0 < self.clock_mhz < math.inf:
            raise BadOption("--clock-mhz", expected="above 0", found=self.clock_mhz)
        if self.open_flow is not None:
            try:
                rung(self.open_flow.clock.mhz, self.clock_mhz)
            except BadOption as error:
                what = f"--clock-mhz on {self.target}"
                raise BadOption(what, expected=error.expected, found=error.found) from error

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dictionary; :meth:`from_json` is the way back. Paths become absolute."""
        return {
            name: str(value.absolute()) if isinstance(value, Path) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Request:
        """Read what :meth:`to_json` wrote.

        Raises:
            ArtifactError: an option this version does not know.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(value) - known):
            raise ArtifactError("a run's options", expected="known ones", found=", ".join(unknown))
        paths = {
            name: Path(value[name])
            for name in ("checkpoint", "data_dir", "measurements", "power")
            if value.get(name)
        }
        return cls(**{**value, **paths})
