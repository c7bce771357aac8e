"""The declaration of an option: one line with name, type, range, unit, default and help."""

from __future__ import annotations

import os
import reprlib
import stat
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_serializer, field_validator
from pydantic.fields import FieldInfo

from toolkit.core import numerals
from toolkit.core.errors import BadOption, UnknownName

NUMBERS = tuple[float, ...]
"""Type of an option that holds several numbers: ``0.3,1`` on the command line, a list in a file."""

KINDS: dict[Any, str] = {
    int: "a whole number",
    float: "a finite number",
    bool: "true or false",
    str: "a text",
    Path: "a path",
    NUMBERS: "numbers with commas between them",
}
"""Types of options, in words."""

HEAD, VALUE, FLAG, LATE_FLAG, FILE = range(5)
"""Places of an option in the command that reproduces a run: subject of the run, values, flags, files."""


@dataclass(frozen=True)
class Option:
    """A declared option.

    Attributes:
        help: one sentence for ``--help``.
        shown: description of the default, where the default is None.
        unit: unit of a number, for ``--help``.
        low, high: smallest and largest allowed value.
        above, below: exclusive limits.
        among: allowed names; a function that returns them where importing their owner takes long.
        exists: kind of thing that must exist at a path.
        place: place in the command that reproduces a run; None: not part of it.
        group, name: group and field of the declaration; names are unique across groups.
        kind: type: ``int``, ``float``, ``bool``, ``str``, ``Path``, :data:`NUMBERS` or a ``Literal``.
        default: value if none is given.
    """

    help: str
    shown: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    among: Collection[str] | Callable[[], Collection[str]] = ()
    exists: Literal["", "file", "folder", "file or folder"] = ""
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
        """Description of the allowed numbers or names; empty if there is no limit."""
        if get_origin(self.kind) is Literal:
            return " or ".join(get_args(self.kind))
        if self.among and not callable(self.among):
            return " or ".join(self.among)
        if self.above is not None and self.below is not None:
            return f"above {_number(self.above)} and below {_number(self.below)}"
        if self.above is not None and self.high is not None:
            return f"above {_number(self.above)}, at most {_number(self.high)}"
        if self.low is not None and self.below is not None:
            return f"at least {_number(self.low)} and below {_number(self.below)}"
        if self.low is not None and self.high is not None:
            return f"{_number(self.low)} to {_number(self.high)}"
        return ""

    @property
    def described(self) -> str:
        """The help text with range, unit and default."""
        default = self.shown or ("" if self.default is None or self.kind is bool else str(self.default))
        parts = [f"{self.range} {self.unit}".strip(), f"default: {default}" if default else ""]
        details = "; ".join(part for part in parts if part)
        return f"{self.help} [{details}]" if details else self.help

    def read(self, text: object, named: str = "") -> Any:
        """Return the value that a text on the command line stands for; a default, which is none, stays.

        Args:
            named: name of the option in messages; by default as on the command line.

        Raises:
            BadOption: it is no number, no path or empty.
        """
        readers: dict[Any, Callable[[str], Any]] = {
            **{int: numerals.whole, float: numerals.real, Path: _path},
            NUMBERS: lambda text: tuple(numerals.real(one) for one in text.split(",")),
        }
        if not isinstance(text, str):
            return text
        try:
            if not text:
                raise ValueError("nothing")
            return readers[self.kind](text) if self.kind in readers else text
        except ValueError as error:
            raise self.refusal("", text, named or self.flag) from error

    def refusal(self, problem: str, value: object, named: str) -> BadOption:
        """Return the error for a value that the type does not accept.

        Args:
            problem: type of pydantic's error.
            named: name of the option in the message.
        """
        if problem in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
            return BadOption(named, expected=self.range, found=value)
        expected = ", ".join(filter(None, (KINDS.get(self.kind), self.range)))
        return BadOption(named, expected=expected, found=reprlib.repr(value))

    def check(self, value: Any, named: str = "") -> None:
        """Check a value against names, limits and files that are only known at run time.

        Args:
            named: name of the option in messages; by default as on the command line.

        Raises:
            UnknownName: the name is not allowed.
            BadOption: the number is out of range, or the file or folder does not exist.
        """
        named = named or self.flag
        if value is None:
            return
        if self.among and value not in (known := self.among() if callable(self.among) else self.among):
            raise UnknownName.among(self.name, value, known)
        numbers = value if self.kind == NUMBERS else [value] if self.kind in (int, float) else []
        if not all(map(self._within, numbers)):
            raise BadOption(named, expected=self.range, found=value)
        if self.exists:
            self._check_path(value, named)

    def _within(self, value: float) -> bool:
        return (
            (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def _check_path(self, path: Path, named: str) -> None:
        wanted = f"a {self.exists}"
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            raise BadOption(named, expected=wanted, found=f"{path}, which does not exist") from None
        except OSError as error:  # a name too long, links in a circle, a folder that is closed to us
            raise BadOption(named, expected=wanted, found=f"{path}: {error.strerror}") from error
        kinds = {"file": stat.S_ISREG, "folder": stat.S_ISDIR}
        if not any(is_one(mode) for kind, is_one in kinds.items() if kind in self.exists.split(" or ")):
            raise BadOption(named, expected=wanted, found=f"{path}, which is not {wanted}")
        if not os.access(path, os.R_OK):
            raise BadOption(named, expected=wanted, found=f"{path}, which cannot be read")


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise ValueError("no file has such a name")
    return Path(text)


def _number(limit: float) -> str:
    return f"{limit:,.15g}"


def option(default: Any, text: str, **declared: Any) -> Any:
    """Declare an option: a field of a :class:`Group`.

    Args:
        default: None if the value is determined later.
        text: help, one sentence.
        declared: further attributes of the :class:`Option`.
    """
    one = Option(text, default=default, **declared)
    limits = {"ge": one.low, "le": one.high, "gt": one.above, "lt": one.below}
    arguments: dict[str, Any] = {name: limit for name, limit in limits.items() if limit is not None}
    return Field(default, json_schema_extra={"option": one}, **arguments)  # type: ignore[dict-item]


class Group(BaseModel):
    """Base of all groups of options: immutable; unknown options and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _path_of(cls, value: Any, info: ValidationInfo) -> Any:
        """Read a path that is written as a text, as the command line does."""
        declared: Any = cls.model_fields[info.field_name or ""].json_schema_extra
        if declared is None:
            return value
        if isinstance(value, list) and NUMBERS in get_args(
            cls.model_fields[info.field_name or ""].annotation
        ):
            return tuple(value)
        return _path(value) if declared["option"].exists and isinstance(value, str) else value

    @field_serializer("*", when_used="json")
    def _absolute(self, value: Any) -> Any:
        """Record a path as absolute: the next command may start in another folder."""
        return str(value.absolute()) if isinstance(value, Path) else value


def numbers(default: Any, text: str, **declared: Any) -> Any:
    """Declare an option that holds several numbers; limits are those of each."""
    return Field(default, json_schema_extra={"option": Option(text, default=default, **declared)})  # type: ignore[dict-item]


def declared_options(kind: type[Group], group: str) -> dict[str, Option]:
    """Return the options that a group declares, by name."""
    return {name: declared_in(group, name, field) for name, field in kind.model_fields.items()}


def declared_in(group: str, name: str, field: FieldInfo) -> Option:
    """Return the option that a field of a group declares."""
    annotation, extra = field.annotation, field.json_schema_extra
    assert isinstance(extra, dict)
    one = extra["option"]
    assert isinstance(one, Option)
    if get_origin(annotation) not in (Literal, tuple):
        annotation = next((kind for kind in get_args(annotation) if kind is not NoneType), annotation)
    one = replace(one, group=group, name=name, kind=annotation)
    assert annotation not in (int, float) or one.range, f"option {name} needs a smallest and a largest value"
    return one
