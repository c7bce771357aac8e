"""How an option is declared: its field gives name, type, range, unit, default and help in one line."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, field_serializer
from pydantic.fields import FieldInfo

from toolkit.core.errors import BadOption, UnknownName

KINDS = {
    int: "a whole number",
    float: "a finite number",
    bool: "true or false",
    str: "a text",
    Path: "a path",
}
"""Types of options, in words."""

HEAD, VALUE, FLAG, LATE_FLAG, FILE = range(5)
"""Where an option stands in the command that makes a run again: what it is of, values, flags, files."""


@dataclass(frozen=True)
class Option:
    """A declared option.

    Attributes:
        help: one sentence.
        shown: the default in words, where it is None.
        unit: of a number.
        low, high: smallest and largest value.
        above, below: limits that are not values themselves.
        among: the names that may be chosen, or what gives them where asking takes long or they are many.
        within: gives the smallest and the largest value, where asking takes long.
        exists: what must stand at a path.
        place: where it stands in the command that makes a run again; None: nowhere.
        group, name: where it is declared; names are unique across groups.
        kind: ``int``, ``float``, ``bool``, ``str``, ``Path`` or a ``Literal``.
        default: its value where none is given.
    """

    help: str
    shown: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    among: Collection[str] | Callable[[], Collection[str]] = ()
    within: Callable[[], tuple[float, float]] | None = None
    exists: Literal["", "file", "folder"] = ""
    place: int | None = VALUE
    group: str = ""
    name: str = ""
    kind: Any = None
    default: Any = None

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def range(self) -> str:
        """The numbers or choices that may be given, in words; empty if all may."""
        if get_origin(self.kind) is Literal:
            return " or ".join(get_args(self.kind))
        if self.among and not callable(self.among):
            return " or ".join(self.among)
        if self.above is not None:
            return f"above {self.above:g}" + ("" if self.below is None else f" and below {self.below:g}")
        if self.low is None:
            return ""
        return f"{self.low:g} or more" if self.high is None else f"{self.low:g} to {self.high:g}"

    @property
    def described(self) -> str:
        """Help with range, unit and default."""
        default = self.shown or ("" if self.default is None or self.kind is bool else str(self.default))
        parts = [f"{self.range} {self.unit}".strip(), f"default: {default}" if default else ""]
        details = "; ".join(part for part in parts if part)
        return f"{self.help} [{details}]" if details else self.help

    def refusal(self, problem: str, value: object, named: str) -> BadOption:
        """The error for a value that the type does not take.

        Args:
            problem: pydantic's name of it.
            named: how the message names the option.
        """
        if problem in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
            return BadOption(named, expected=self.range, found=value)
        expected = ", ".join(filter(None, (KINDS.get(self.kind), self.range)))
        return BadOption(named, expected=expected, found=reprlib.repr(value))

    def check(self, value: Any, named: str = "") -> None:
        """Refuse a name, a number or a path by what its owner knows of it.

        Args:
            named: how a message names the option; by default as on the command line.

        Raises:
            UnknownName: not among the names that may be chosen.
            BadOption: out of range, or no such file or folder.
        """
        named = named or self.flag
        if value is None:
            return
        if self.among and value not in (known := self.among() if callable(self.among) else self.among):
            raise UnknownName.among(self.name, value, known)
        if self.within is not None:
            low, high = self.within()
            if not low <= value <= high:
                raise BadOption(named, expected=f"{low:g} to {high:g}", found=value)
        if self.exists and not (value.is_file() if self.exists == "file" else value.is_dir()):
            why = f"is not a {self.exists}" if value.exists() else "does not exist"
            raise BadOption(named, expected=f"a {self.exists}", found=f"{value}, which {why}")


def option(default: Any, text: str, **declared: Any) -> Any:
    """Declare an option: a field of a :class:`Group`.

    Args:
        default: None where the value is worked out later.
        text: help, one sentence.
        declared: further attributes of an :class:`Option`.
    """
    one = Option(text, default=default, **declared)
    limits = {"ge": one.low, "le": one.high, "gt": one.above, "lt": one.below}
    arguments: dict[str, Any] = {name: limit for name, limit in limits.items() if limit is not None}
    if one.exists:  # a path may be written as a text; everything else must be of its type
        arguments["strict"] = False
    return Field(default, json_schema_extra={"option": one}, **arguments)  # type: ignore[dict-item]


class Group(BaseModel):
    """Base of all groups: immutable; a value of another type and an unknown option are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    @field_serializer("*", when_used="json")
    def _absolute(self, value: Any) -> Any:
        """A recorded path holds wherever the next command is started."""
        return str(value.absolute()) if isinstance(value, Path) else value


def declared_in(group: str, name: str, field: FieldInfo) -> Option:
    """The option that a field of a group declares."""
    annotation, extra = field.annotation, field.json_schema_extra
    assert isinstance(extra, dict)
    one = extra["option"]
    assert isinstance(one, Option)
    if get_origin(annotation) is not Literal:
        annotation = next((kind for kind in get_args(annotation) if kind is not NoneType), annotation)
    return replace(one, group=group, name=name, kind=annotation)
