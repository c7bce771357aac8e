"""Runs a user's file, or takes a network of their program, and says of everything in it where it stands.

The user names the file on the command line, as they would for Python, or has the network in their program.
Nothing else leads here: a run and a checkpoint hold a description, which is data.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import nn

from hw_models.own.attach import inner_module
from hw_models.own.reference import OwnReference
from toolkit.core.errors import BadOption, OfframpError, UnknownName, one_line
from toolkit.core.reading import reading
from toolkit.core.sources import PACKAGES, ROOT

_MODULE = "offramp_own_network"
"""What the user's file is called among Python's modules."""
_READER = str(Path(__file__).with_name("network.py"))
"""Calls the user's code; what has called it is a program that may be the user's, too."""
_PLACE = "_offramp_place"
"""Attribute of a module: where it was made. Copies keep it."""


@dataclass(frozen=True)
class UserCode:
    """A user's file, and the modules beside it that it imports.

    Attributes:
        file: the file; of a notebook or a terminal, what Python calls it.
        imported: whether it is part of the program that runs, as a network that is given as an object.
    """

    file: Path
    imported: bool = False
    _known: dict[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, network: nn.Module | Callable[..., Any]) -> UserCode:
        """Return the code of a network, or of what makes it, in the program that runs."""
        made = type(inner_module(network)) if isinstance(network, nn.Module) else network
        code = getattr(inspect.unwrap(getattr(made, "forward", made)), "__code__", None)
        found = cls(Path(code.co_filename if code else ""), imported=True)
        return found if code and found.shown(code.co_filename) else cls(Path("network"), imported=True)

    def named(self, name: str) -> str:
        """Return what messages call the network ``name`` of this code."""
        return name if self.imported else f"{self.file}: {name}"

    def shown(self, filename: str) -> str:
        """Return a file's name as messages show it; empty for a file that is not the user's."""
        if filename not in self._known:
            self._known[filename] = self._shown(Path(filename))
        return self._known[filename]

    def _shown(self, file: Path) -> str:
        folder, file = self.file.parent.resolve(), file.resolve()
        others = (*(ROOT / package for package in PACKAGES), Path(sys.prefix), Path(nn.__file__).parents[1])
        if not file.is_relative_to(folder) or any(file.is_relative_to(other.resolve()) for other in others):
            return ""
        return file.name if self.imported else str(self.file.parent / file.relative_to(folder))

    def here(self) -> str:
        """Return the place in the user's code that is being run, ``my_net.py:12``; empty if there is none."""
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != _READER:
            if shown := self.shown(frame.f_code.co_filename):
                return f"{shown}:{frame.f_lineno}"
            frame = frame.f_back
        return ""

    @contextlib.contextmanager
    def running(self, wanted: str) -> Iterator[None]:
        """Run code of the user's; what a file prints goes to standard error.

        Args:
            wanted: what it should have given, for messages.

        Raises:
            BadOption: whatever it raises, in one line with its place; typed errors get the place.
        """
        make = nn.Module.__init__

        def placed(module: nn.Module, *args: Any, **kwargs: Any) -> None:
            make(module, *args, **kwargs)
            module.__dict__.setdefault(_PLACE, self.here())

        around = contextlib.nullcontext() if self.imported else self._as_program()
        try:
            with around, mock.patch.object(nn.Module, "__init__", placed):
                yield
        except (Exception, SystemExit) as error:
            raise self._blamed(error, wanted) from error

    @contextlib.contextmanager
    def _as_program(self) -> Iterator[None]:
        """Let code import its neighbours and print to standard error; forget its modules afterwards."""
        before, path, bytecode = set(sys.modules), list(sys.path), sys.dont_write_bytecode
        sys.path.insert(0, str(self.file.parent.absolute()))
        sys.dont_write_bytecode = True
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
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
        found = self.file.name if self.imported else str(self.file)
        step = error.__traceback__
        while step is not None:
            if shown := self.shown(step.tb_frame.f_code.co_filename):
                found = f"{shown}:{step.tb_lineno}"
            step = step.tb_next
        return found


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
        return _made(maker, source, source.named(reference.name))
    finally:
        sys.modules.pop(_MODULE, None)


def copy_module(network: nn.Module | Callable[..., Any], source: UserCode, name: str) -> nn.Module:
    """Return a copy of a network in the program that runs, on the CPU in float32, or make it.

    Args:
        network: the network, or a class or function that needs no arguments and gives it.

    Raises:
        BadOption: it cannot be copied; the class or function raises an error, needs arguments or gives no
            module.
    """
    if not isinstance(network, nn.Module):
        _require_no_arguments(network, name)
        return _made(network, source, name)
    _require_module(network, name)
    with source.running("a module that can be copied"):
        return copy.deepcopy(network).cpu().float()


def _made(maker: Callable[..., Any], source: UserCode, name: str) -> nn.Module:
    with source.running("a network"):
        made = maker()
    _require_module(made, f"{name}()")
    return made


def _require_module(made: Any, what: str) -> None:
    if not isinstance(made, nn.Module) or isinstance(made, torch.jit.ScriptModule):
        raise BadOption(what, expected="an nn.Module", found=type(made).__name__)


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
    if not isinstance(maker, nn.Module):
        _require_no_arguments(maker, what)
    return maker


def _require_no_arguments(maker: Callable[..., Any], what: str) -> None:
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
