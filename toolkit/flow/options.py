"""The options of a run as one value: built from names, checked, and listed by name.

Command line, checks, ``--help``, configuration files and the record of a run on disk derive from the groups
declared in :mod:`toolkit.flow.groups`.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Self

from pydantic import ValidationError

import hw_models
from toolkit.core.declaration import Group, Option, declared_in
from toolkit.core.errors import BadOption, OfframpError, UnknownName, together
from toolkit.flow.groups import (
    RANDOM,
    ClusterOptions,
    CompareOptions,
    CostOptions,
    DataOptions,
    FoldingOptions,
    ImplementationOptions,
    NetworkOptions,
    PolicyOptions,
    QuantOptions,
    SimulationOptions,
    TrainingOptions,
    ValidationOptions,
    cycles_for,
)

Place = tuple[str, ...]
"""Place of a value in a configuration."""


class Options(Group):
    """Every option of a run, in groups. A relative path is below the folder the command was started in."""

    network: NetworkOptions = NetworkOptions()
    quant: QuantOptions = QuantOptions()
    data: DataOptions = DataOptions()
    training: TrainingOptions = TrainingOptions()
    validation: ValidationOptions = ValidationOptions()
    cluster: ClusterOptions = ClusterOptions()
    folding: FoldingOptions = FoldingOptions()
    simulation: SimulationOptions = SimulationOptions()
    policy: PolicyOptions = PolicyOptions()
    implementation: ImplementationOptions = ImplementationOptions()
    compare: CompareOptions = CompareOptions()
    cost: CostOptions = CostOptions()

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Build options from names, ``Options.of(frames=7)``; all others have their defaults.

        Raises:
            UnknownName: an option does not exist.
            BadOption: a value has another type or is out of range.
        """
        return cls().changed(**values)

    def changed(self, **values: Any) -> Self:
        """Return a copy with other values, given by name; raises the errors of :meth:`of`."""
        groups = {name: dict(getattr(self, name)) for name in type(self).model_fields}
        for name, value in values.items():
            groups[declared(name).group][name] = value
        return type(self).parse(groups)

    @classmethod
    def parse(cls, groups: object, named: Callable[[Option], str] = lambda option: option.flag) -> Self:
        """Check nested values, ``{"simulation": {"frames": 7}}``; all others have their defaults.

        Args:
            named: function that names an option in messages; by default as on the command line.

        Raises:
            UnknownName: a group or an option does not exist.
            BadOption: a value has another type or is out of range. Several problems are told at once.
        """
        if problems := cls.problems(groups, named):
            raise together([*problems.values()])
        return cls.model_validate(groups)

    @classmethod
    def problems(cls, groups: object, named: Callable[[Option], str]) -> Mapping[Place, OfframpError]:
        """Return what :meth:`parse` refuses: place (nothing, a group, or a group and an option) -> error."""
        try:
            cls.model_validate(groups)
        except ValidationError as error:
            found = error.errors(include_url=False)
            return {
                tuple(map(str, one["loc"][:2])): _refusal(one["type"], one["loc"], one["input"], named)
                for one in found
            }
        return {}

    @property
    def target_cycles(self) -> int | None:
        """Cycles per frame that folding aims for; None: what fits the board, or a QONNX file."""
        boarded, foreign = self.implementation.board is not None, self.network.qonnx is not None
        if self.folding.cycles is not None or boarded or foreign:
            return self.folding.cycles
        spec = self.network.spec()
        return cycles_for(max(hw_models.macs_of_path(spec)), hw_models.least_cycles(spec))

    def value(self, name: str) -> Any:
        """Return the value of an option, given its name."""
        return getattr(getattr(self, declared(name).group), name)

    def check(self, weights: bool = False) -> None:
        """Refuse unknown names and values that exclude each other, before any step runs.

        Args:
            weights: whether weights come with the network itself.

        Raises:
            UnknownName: the model, dataset, target, tracker or criterion does not exist.
            BadOption: a number is out of range, a file is missing, or two options exclude each other.
        """
        self._check_foreign()
        for one in DECLARED.values():
            if (value := self.value(one.name)) != one.default:
                one.check(value)
        if len(aims := self.policy.aims) > 1:
            given = " and ".join(declared(name).flag for name in aims)
            raise BadOption(given, expected="one of them", found=len(aims))
        if self.training.train and self.network.checkpoint is not None:
            raise BadOption("--train and --checkpoint", expected="one of them", found="both")
        if self.network.weights is not None and self.network.checkpoint is not None:
            raise BadOption("--weights and --checkpoint", expected="one of them", found="both")
        if self.network.weights_unit is not None and not weights and self._unitless:
            raise BadOption("--weights-unit", expected="--weights", found="none")
        if self.data != DataOptions():
            from toolkit.flow.data import check_data

            check_data(self.data)
        self._check_layers()
        self._check_clock()
        self._check_folding()

    @property
    def _unitless(self) -> bool:
        return self.network.weights is None and self.network.qonnx is None

    def _check_foreign(self) -> None:
        """Refuse an unknown network, and beside a QONNX file what only a network has."""
        network = self.network
        if network.qonnx is None:
            network.spec()
            if self.data.dataset == RANDOM:
                raise BadOption(f"--dataset {RANDOM}", expected="a QONNX file", found=network.model)
            return
        given = {
            "a checkpoint": network.checkpoint,
            "weights": network.weights,
            "a network's description": network.description,
            "training": self.training.demanded or None,
            "bit widths": None if self.quant == QuantOptions() else self.quant,
        }
        if wrong := [what for what, value in given.items() if value is not None]:
            expected = "a QONNX file alone, which has its own weights and bits"
            raise BadOption(network.qonnx.name, expected=expected, found=", ".join(wrong))

    def _check_layers(self) -> None:
        """Refuse bits of layers that the network does not have."""
        if self.network.qonnx is not None or self.quant.layer_bits is None:
            return
        known = {layer.name for _, layers in self.network.spec().segments() for layer in layers}
        for layer in self.quant.config().overrides:
            if layer not in known:
                raise UnknownName.among("layer", layer, known)

    def _check_folding(self) -> None:
        """Refuse goals that no design can have, as far as this is known without looking at its layers."""
        cycles, luts, board = self.folding.cycles, self.folding.luts, self.implementation.board
        if cycles is not None and self.network.qonnx is None:
            model = self.network.model
            least = hw_models.least_cycles(self.network.spec())
            if cycles < least:
                expected = f"{least:,} or more, the positions of its largest feature map"
                raise BadOption(f"--cycles for {model}", expected=expected, found=cycles)
        if luts is not None and board is not None:
            from toolkit.links import chip_side

            link, chip = chip_side(board).takes.lut, board.resources.lut
            if not link < luts <= chip:
                expected = f"{link + 1:,} (the link alone takes {link:,}) to {chip:,}"
                raise BadOption(f"--luts on {board.name}", expected=expected, found=f"{luts:,}")

    def _check_clock(self) -> None:
        from toolkit.implement.clocks import clock_of

        mhz, board = self.implementation.clock_mhz, self.implementation.board
        if mhz is None or board is None:
            return
        try:
            clock_of(board, mhz)
        except BadOption as error:
            raise error.renamed(f"--clock-mhz on {self.implementation.target}") from error


POSITIONAL = frozenset({"model", "description", "qonnx"})
"""Options that the network itself, the first argument, stands for."""

DECLARED: Mapping[str, Option] = MappingProxyType(
    {
        name: declared_in(group, name, field)
        for group, default in Options()
        for name, field in type(default).model_fields.items()
    }
)
"""Every option by its name, in order."""


def declared(name: str) -> Option:
    """Return the option called ``name``.

    Raises:
        UnknownName: it does not exist.
    """
    if name not in DECLARED:
        raise UnknownName.among("option", name, DECLARED)
    return DECLARED[name]


def _refusal(
    problem: str, place: tuple[int | str, ...], value: object, named: Callable[[Option], str]
) -> UnknownName | BadOption:
    """Translate pydantic's ``problem`` at ``place``, which is empty, a group, or a group and an option."""
    if not place:
        return BadOption("options", expected="groups of options", found=reprlib.repr(value))
    group, *rest = map(str, place)
    if group not in Options.model_fields:
        return UnknownName.among("group", group, Options.model_fields)
    if not rest:
        return BadOption(f"group {group}", expected="options with their values", found=reprlib.repr(value))
    known = [name for name, one in DECLARED.items() if one.group == group]
    if rest[0] not in known:
        error = UnknownName.among(f"option of {group}", rest[0], known)
        fix = f"It is in group {DECLARED[rest[0]].group}." if rest[0] in DECLARED else error.fix
        return UnknownName(error.what, expected=error.expected, fix=fix)
    return DECLARED[rest[0]].refusal(problem, value, named(DECLARED[rest[0]]))
