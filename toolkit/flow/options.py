"""The options of a run: name, type, range, unit, default and help of each, declared once.

Command line, checks, ``--help``, configuration files and the record of a run on disk derive from the fields
declared here. Names of options are unique across groups: ``--frames`` and ``simulation.frames`` are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer
from pydantic.fields import FieldInfo

from toolkit import boards
from toolkit.core.errors import BadOption, UnknownName

if TYPE_CHECKING:
    from hw_models.quant import QuantConfig
    from toolkit.boards import Board

TARGETS = boards.targets()
"""Targets a run can be built for, with what each gives."""

DEFAULT_CYCLES = 3200
"""Cycles per frame that target ``sim`` is folded for."""


def option(default: Any, text: str, *, shown: str = "", unit: str = "", **limits: Any) -> Any:
    """Declare an option.

    Args:
        default: None where the value is worked out later.
        text: help, one sentence.
        shown: the default in words, where it is None.
        unit: of a number.
        limits: pydantic's ``ge``, ``le``, ``gt``.
    """
    extra: dict[str, Any] = {"shown": shown, "unit": unit}
    return Field(default, description=text, json_schema_extra=extra, **limits)


class Group(BaseModel):
    """Base of all groups: immutable, no option unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_serializer("*", when_used="json")
    def _absolute(self, value: Any) -> Any:
        """A recorded path holds wherever the next command is started."""
        return str(value.absolute()) if isinstance(value, Path) else value


class DataOptions(Group):
    """The dataset, and the seed of its split, of training and of stall patterns."""

    dataset: str = option("digits", "Dataset (see 'offramp models').")
    data_dir: Path | None = option(None, "Folder with the datasets' folders.")
    seed: int = option(0, "Seed of everything random.", ge=0)


class NetworkOptions(Group):
    """The network and its weights."""

    model: str = option("b_lenet_se", "Network (see 'offramp models').")
    checkpoint: Path | None = option(None, "Trained weights to take.")
    force: bool = option(False, "Take a checkpoint trained on other data.")


class QuantOptions(Group):
    """Bit widths and scales, see :class:`hw_models.QuantConfig`."""

    weight_bits: int = option(4, "Bits of weights.", ge=2, le=8)
    act_bits: int = option(4, "Bits of activations.", ge=2, le=8)
    first_weight_bits: int | None = option(None, "Bits of the first layer's weights.", ge=2, le=8)
    last_weight_bits: int | None = option(None, "Bits of the classifiers' weights.", ge=2, le=8)
    scaling: Literal["po2", "float"] = option("po2", "Powers of two or any scale.")
    per_channel: bool = option(False, "A weight scale per channel in hidden layers.")

    def config(self) -> QuantConfig:
        """The same as the networks take it."""
        from hw_models.quant import QuantConfig

        return QuantConfig(**self.model_dump())


class TrainingOptions(Group):
    """How the network is trained; None means as the shipped checkpoints were."""

    train: bool = option(False, "Train, even where a shipped checkpoint would do.")
    epochs: int | None = option(None, "Epochs of quantised training.", ge=1)
    float_epochs: int | None = option(None, "Epochs of the float training before it.", ge=0)
    device: Literal["auto", "cpu", "gpu"] = option("auto", "Where to train.")
    tracker: str = option("csv", "Where training curves go.")


class FoldingOptions(Group):
    """What the layers are folded for."""

    cycles: int | None = option(
        None,
        "Cycles per frame that folding aims for.",
        shown="3200; on a board, what --luts allow",
        unit="cycles",
        ge=1,
    )
    luts: int | None = option(
        None,
        "Look-up tables that a board's design may take.",
        shown="8000, or what it needs",
        ge=1,
    )


class PolicyOptions(Group):
    """When frames leave early. At most one of exit_rate, max_loss, max_latency and max_energy."""

    criterion: str = option("top1", "Exit criterion: top1, entropy or margin.")
    fraction_bits: int = option(14, "Fraction bits of its tables.")
    exit_rate: float | None = option(
        None, "Let at least this share leave early.", shown="as trained for", unit="share", ge=0, le=1
    )
    max_loss: float | None = option(
        None, "Lose at most so many points of accuracy to the last exit.", unit="points", ge=0, le=100
    )
    max_latency: float | None = option(None, "Take at most so many cycles, in the mean.", unit="cycles", ge=0)
    max_energy: float | None = option(
        None, "Take at most so many uJ above idle, in the mean (estimated).", unit="uJ", ge=0
    )
    epsilon: float | None = option(
        None, "Guarantee: at most this share of all frames is harmed by leaving early.", unit="share"
    )
    delta: float = option(0.05, "Probability that the guarantee fails.", unit="share")

    @property
    def aims(self) -> tuple[str, ...]:
        """What the thresholds are to be chosen for."""
        return tuple(name for name in AIMS if getattr(self, name) is not None)


AIMS = ("exit_rate", "max_loss", "max_latency", "max_energy")
"""What an exit policy can be chosen for."""


class SimulationOptions(Group):
    """What is simulated and compared."""

    frames: int | None = option(None, "Test frames to simulate and compare.", shown="all", ge=1)
    layers: bool = option(False, "Compare every stream between two layers as well.")
    host_cycles: int = option(0, "Cycles the host takes between stages.", unit="cycles", ge=0)


class ImplementationOptions(Group):
    """The target and its bitstream."""

    target: str = option("ulx3s-85f", f"What to build for: {', '.join(TARGETS)}.")
    clock_mhz: float | None = option(
        None,
        "Clock of a bitstream, or of all times for sim.",
        shown="by its size; the board's",
        unit="MHz",
        gt=0,
    )
    seeds: int = option(1, "Placements to try for a bitstream; the fastest is taken.", ge=1)
    require_clock: bool = option(False, "A bitstream that misses its clock is an error.")

    @property
    def board(self) -> Board | None:
        """The target's board; None for target ``sim``."""
        return None if self.target == boards.SIM else boards.board(self.target)


class CostOptions(Group):
    """Measurements that take the place of estimates."""

    measurements: Path | None = option(None, "Own measured energies to fit the energy model to.")
    power: Path | None = option(None, "Power of the run's design: measured (.csv), or Vivado's report_power.")


class Options(Group):
    """Every option of a run, in groups. A relative path is below the folder the command was started in."""

    data: DataOptions = DataOptions()
    network: NetworkOptions = NetworkOptions()
    quant: QuantOptions = QuantOptions()
    training: TrainingOptions = TrainingOptions()
    folding: FoldingOptions = FoldingOptions()
    policy: PolicyOptions = PolicyOptions()
    simulation: SimulationOptions = SimulationOptions()
    implementation: ImplementationOptions = ImplementationOptions()
    cost: CostOptions = CostOptions()

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Options by their own names, ``Options.of(frames=7)``; all others have their defaults.

        Raises:
            UnknownName: no such option.
            BadOption: a value of another type or out of its range.
        """
        return cls().changed(**values)

    def changed(self, **values: Any) -> Self:
        """A copy with other values, by the options' own names; errors as :meth:`of`."""
        groups = {name: dict(getattr(self, name)) for name in type(self).model_fields}
        for name, value in values.items():
            groups[group_of(name)][name] = value
        return parsed(type(self), groups)

    def value(self, name: str) -> Any:
        """The value of an option, by its own name."""
        return getattr(getattr(self, group_of(name)), name)

    def check(self) -> None:
        """Refuse names that do not exist and values that do not go together, before anything is made.

        Raises:
            UnknownName: the model, dataset, target or criterion; with the nearest names.
            BadOption: a number or a path.
        """
        import hw_models
        from toolkit import data

        hw_models.get(self.network.model)
        if self.data.dataset not in data.names():
            raise UnknownName.among("dataset", self.data.dataset, data.names())
        if self.implementation.target not in TARGETS:
            raise UnknownName.among("target", self.implementation.target, TARGETS)
        self._check_policy()
        self._check_clock()
        if self.training.train and self.network.checkpoint is not None:
            raise BadOption("--train and --checkpoint", expected="one of them", found="both")
        files = {"checkpoint": self.network.checkpoint, **dict(self.cost)}
        for name, path in files.items():
            if path is not None and not path.is_file():
                raise BadOption(f"--{name}", expected="a file", found=f"{path}, which is not one")
        if (folder := self.data.data_dir) is not None and not folder.is_dir():
            raise BadOption("--data-dir", expected="a folder", found=f"{folder}, which is not one")

    def _check_policy(self) -> None:
        from toolkit.exits import CRITERIA, Guarantee
        from toolkit.exits.rules import MAX_FRACTION_BITS, MIN_FRACTION_BITS

        policy = self.policy
        if policy.criterion not in CRITERIA:
            raise UnknownName.among("criterion", policy.criterion, CRITERIA)
        if not MIN_FRACTION_BITS <= policy.fraction_bits <= MAX_FRACTION_BITS:
            expected = f"{MIN_FRACTION_BITS} to {MAX_FRACTION_BITS}"
            raise BadOption("--fraction-bits", expected=expected, found=policy.fraction_bits)
        if len(policy.aims) > 1:
            given = " and ".join(map(flag, policy.aims))
            raise BadOption(given, expected="one of them", found=len(policy.aims))
        if policy.epsilon is not None:
            Guarantee(policy.epsilon, policy.delta)

    def _check_clock(self) -> None:
        from toolkit.implement.clocks import clock_of

        mhz, board = self.implementation.clock_mhz, self.implementation.board
        if mhz is None or board is None:
            return
        try:
            clock_of(board, mhz)
        except BadOption as error:
            what = f"--clock-mhz on {self.implementation.target}"
            raise BadOption(what, expected=error.expected, found=error.found) from error


def flag(name: str) -> str:
    """An option's name on the command line."""
    return "--" + name.replace("_", "-")


def declared() -> Iterator[tuple[str, str, FieldInfo]]:
    """Group, name and declaration of every option, in order."""
    for group, field in Options.model_fields.items():
        kind = field.annotation
        assert isinstance(kind, type)
        assert issubclass(kind, Group)
        for name, declaration in kind.model_fields.items():
            yield group, name, declaration


def group_of(name: str) -> str:
    """The group that an option is in.

    Raises:
        UnknownName: no such option.
    """
    known = {option: group for group, option, _ in declared()}
    if name not in known:
        raise UnknownName.among("option", name, known)
    return known[name]


def parsed(kind: type[Options], value: Mapping[str, Any]) -> Any:
    """Check nested values.

    Raises:
        BadOption: an option that does not exist, of another type or out of its range: it is named.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][1] if len(first["loc"]) > 1 else first["loc"][0])
        raise BadOption(flag(name), expected=_expected(first), found=first["input"]) from error


def _expected(problem: Mapping[str, Any]) -> str:
    limits = problem.get("ctx", {})
    name = str(problem["loc"][1] if len(problem["loc"]) > 1 else "")
    ranges = [entry for group, option, field in declared() if option == name for entry in field.metadata]
    found = {
        key: getattr(entry, key) for entry in ranges for key in ("ge", "le", "gt") if hasattr(entry, key)
    }
    if not limits.keys() & {"ge", "le", "gt"}:
        return str(problem["msg"]).removeprefix("Input should be ")
    if "gt" in found:
        return f"above {found['gt']:g}"
    return f"{found['ge']:g} to {found['le']:g}" if "le" in found else f"{found['ge']:g} or more"
