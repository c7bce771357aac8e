"""Runs a user's file, and says of everything in it where it stands.

The user names the file on the command line, as they would for Python. Nothing else leads here: a run and a
checkpoint hold a description, which is data.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import nn

from hw_models.own.reference import OwnReference
from toolkit.core.errors import BadOption, OfframpError, UnknownName, one_line
from toolkit.core.reading import reading
from toolkit.core.sources import PACKAGES, ROOT

_MODULE = "offramp_own_network"
"""What the user's file is called among Python's modules."""
_PLACE = "_offramp_place"
"""Attribute of a module: where it was made. Copies keep it."""


@dataclass(frozen=True)
class UserCode:
    """A user's file, and the modules beside it that it imports."""

    file: Path
    _known: dict[str, str] = field(default_factory=dict, compare=False)

    def shown(self, filename: str) -> str:
        """Return a file's name as messages show it; empty for a file that is not the user's."""
        if filename not in self._known:
            self._known[filename] = self._shown(Path(filename))
        return self._known[filename]

    def _shown(self, file: Path) -> str:
        folder, file = self.file.parent.resolve(), file.resolve()
        others = (*(ROOT / package for package in PACKAGES), Path(sys.prefix), *_started())
        if not file.is_relative_to(folder) or any(file.is_relative_to(other.resolve()) for other in others):
            return ""
        return str(self.file.parent / file.relative_to(folder))

    def here(self) -> str:
        """Return the place in the user's code that is being run, ``my_net.py:12``; empty if there is none."""
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None:
            if shown := self.shown(frame.f_code.co_filename):
                return f"{shown}:{frame.f_lineno}"
            frame = frame.f_back
        return ""

    @contextlib.contextmanager
    def running(self, wanted: str) -> Iterator[None]:
        """Run code of the user's; what it prints goes to standard error.

        Args:
            wanted: what it should have given, for messages.

        Raises:
            BadOption: whatever it raises, in one line with its place; typed errors get the place.
        """
        before, path, bytecode = set(sys.modules), list(sys.path), sys.dont_write_bytecode
        make = nn.Module.__init__

        def placed(module: nn.Module, *args: Any, **kwargs: Any) -> None:
            make(module, *args, **kwargs)
            module.__dict__.setdefault(_PLACE, self.here())

        sys.path.insert(0, str(self.file.parent.absolute()))
        sys.dont_write_bytecode = True
        try:
            with contextlib.redirect_stdout(sys.stderr), mock.patch.object(nn.Module, "__init__", placed):
                yield
        except (Exception, SystemExit) as error:
            raise self._blamed(error, wanted) from error
        finally:
            sys.path[:], sys.dont_write_bytecode = path, bytecode
            # Forgotten, so that another file's neighbours are not taken for these.
            for name in set(sys.modules) - before:
                if self.shown(getattr(sys.modules[name], "__file__", None) or ""):
                    del sys.modules[name]

    def _blamed(self, error: BaseException, wanted: str) -> OfframpError:
        place = self._place_of(error)
        if isinstance(error, OfframpError):
            named = error.what.startswith(str(self.file))
            return error if named else error.renamed(f"{place}: {error.what}")
        text = error.msg if isinstance(error, SyntaxError) else one_line(str(error))
        return BadOption(place, expected=wanted, found=f"{type(error).__name__}: {text}".removesuffix(": "))

    def _place_of(self, error: BaseException) -> str:
        """Return the place in the user's code where an error was raised; else its file."""
        if isinstance(error, SyntaxError) and (shown := self.shown(error.filename or "")):
            return f"{shown}:{error.lineno}"
        found, step = str(self.file), error.__traceback__
        while step is not None:
            if shown := self.shown(step.tb_frame.f_code.co_filename):
                found = f"{shown}:{step.tb_lineno}"
            step = step.tb_next
        return found


def _started() -> list[Path]:
    """Return the program that was started, which may lie beside the user's file."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return [Path(file)] if file else []


def place_of(module: nn.Module) -> str:
    """Return where in the user's file a module was made; empty if that is not known."""
    return str(module.__dict__.get(_PLACE, ""))


def make_module(source: UserCode, reference: OwnReference) -> nn.Module:
    """Run the user's file and make the network that is named.

    Raises:
        BadOption: the file cannot be read or raises an error, the class needs arguments or gives no module.
        UnknownName: it has no such class or function; the message says which it has.
    """
    with reading(str(reference.file), "Python", BadOption):
        text = reference.file.read_bytes()
    module = types.ModuleType(_MODULE)
    module.__file__ = str(reference.file)
    sys.modules[_MODULE] = module  # dataclasses look themselves up there
    try:
        with source.running("Python code that can be run"):
            exec(compile(text, str(reference.file), "exec"), module.__dict__)
        maker = _maker(module, reference)
        if isinstance(maker, nn.Module):
            return maker
        with source.running("a network"):
            made = maker()
    finally:
        sys.modules.pop(_MODULE, None)
    if not isinstance(made, nn.Module) or isinstance(made, torch.jit.ScriptModule):
        what = f"{reference.file}: {reference.name}()"
        raise BadOption(what, expected="an nn.Module", found=type(made).__name__)
    return made


def _maker(module: types.ModuleType, reference: OwnReference) -> Any:
    own = {
        name: value
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == _MODULE and callable(value) and not name.startswith("_")
    }
    maker = vars(module).get(reference.name)
    if maker is None:
        raise UnknownName.among(f"class or function of {reference.file}", reference.name, own)
    what = f"{reference.file}: {reference.name}"
    if not callable(maker):
        raise BadOption(
            what, expected="a class or function that gives an nn.Module", found=type(maker).__name__
        )
    if isinstance(maker, nn.Module):
        return maker
    with contextlib.suppress(ValueError, TypeError):  # of a class of C there may be no signature
        empty, many = (
            inspect.Parameter.empty,
            (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD),
        )
        parameters = inspect.signature(maker).parameters.values()
        if needed := [one.name for one in parameters if one.default is empty and one.kind not in many]:
            raise BadOption(
                what,
                expected="a class or function that needs no arguments",
                found=", ".join(needed),
                fix="Give them defaults, or name a function that returns the network.",
            )
    return maker
