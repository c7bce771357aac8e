"""From what a user says to a run directory and its options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hw_models
from hw_models.own import OwnReference
from toolkit.core.errors import BadOption
from toolkit.core.paths import is_folder
from toolkit.flow.foreign import is_onnx, name_of, with_frames
from toolkit.flow.groups import AIMS, RANDOM
from toolkit.flow.options import Options
from toolkit.flow.own import OwnSource, with_own_network
from toolkit.flow.rundir import RunDirectory, RunRecord

TRAIN = "train"
"""The step that trains when it is asked for."""
WEIGHTS = ("checkpoint", "weights")
"""Options that name trained weights."""


def read(config: Path | None) -> dict[str, Any]:
    """Read the options of a configuration file, by name; empty without a file."""
    if config is None:
        return {}
    from toolkit.flow.config import read_config

    return read_config(config)


def described(config: Path | None, point: Path | None) -> dict[str, Any]:
    """Return the options of a configuration file and of a point of a search, whose options win."""
    found = read(config)
    if point is not None:
        from toolkit.flow.points import options_of_point

        found |= options_of_point(point)
    return found


def given_path(given: str | Path) -> Path:
    """Return a path that is given in Python; raises BadOption if it is none."""
    if not isinstance(given, str | Path) or not str(given) or "\0" in str(given):
        raise BadOption("path", expected="the path of a file or folder", found=repr(given))
    return Path(given)


def resolve(
    model: str | None,
    out: Path | None,
    given: Mapping[str, Any],
    described: Mapping[str, Any] | None = None,
    goal: str = "",
    own: OwnSource | None = None,
) -> tuple[Path, Options]:
    """Determine the run directory and the options of a command line, or of a call in Python.

    With a model's name or a configuration file, options that are not given have their defaults. With a run
    directory instead, they have the values of that run. Of a user's own network, ``FILE.py:NAME`` here or in
    the configuration file, the file is run; a run directory holds its description instead.

    Args:
        model: name of a network, ``FILE.py:NAME``, ``FILE.onnx``, or a run directory.
        out: run directory.
        given: options of the command line by name; None if not given. They override all others.
        described: options of a configuration file by name.
        goal: step that is asked for; empty: all. Training trains, unless something says where weights are.
        own: where the network called ``model`` comes from, if it is an object of the user's program.

    Raises:
        OfframpError: a name, a number or a path is not valid.
    """
    changes, described = _changes(given), dict(described or {})
    if "model" in described:
        described.setdefault("description", None)
    if goal == TRAIN:
        changes["train"] = False
    if own is None and model is not None and RunRecord.exists(Path(model)):
        if out is not None and out.resolve() != Path(model).resolve():
            raise BadOption("two run directories", expected="one", found=f"{model} and --out {out}")
        out = Path(model)
        options = RunDirectory(out).options()
    elif model is None and not described and out is not None and RunRecord.exists(out):
        options = RunDirectory(out).options()
    elif own is None and model is not None and is_onnx(model):
        options = Options()
        changes |= {"model": name_of(model), "qonnx": Path(model), "description": None}
        described.setdefault("dataset", RANDOM)
    elif own is None and model is not None and _is_path(model):
        fix = "Name a network to start a run (see 'offramp models'), or the directory of one."
        raise BadOption(
            f"run directory {model}", expected=f"a folder with {RunRecord.FILE}", found="none", fix=fix
        )
    else:
        options = Options()
        changes |= {} if model is None else {"model": model, "description": None}
    options = with_frames(_changed(_changed(options, described), changes))
    named = changes.get("model", described.get("model"))
    if own is not None:
        options = own.described(options)
    elif (
        named == options.network.model and options.network.description is None and OwnReference.is_one(named)
    ):
        options = with_own_network(named, options)
    options.check(own is not None and own.weights is not None)
    if goal == TRAIN:
        options = options.changed(train=not any(options.value(name) for name in WEIGHTS))
    name = f"{options.network.model}-{options.data.dataset}"
    bits = "" if options.network.qonnx is not None else f"-{options.quant.config().key()}"
    return out or Path("runs", name + bits), options


def _is_path(model: str) -> bool:
    """Tell whether a text names a directory rather than a network."""

    known = model in hw_models.names() or OwnReference.is_one(model)
    return not known and ("/" in model or is_folder(model))


def _changes(given: Mapping[str, Any]) -> dict[str, Any]:
    changes = {name: value for name, value in given.items() if value is not None}
    bits = changes.pop("bits", None)
    return changes if bits is None else {"weight_bits": bits, "act_bits": bits, **changes}


def _changed(options: Options, changes: Mapping[str, Any]) -> Options:
    """Return changed options; a new objective of the exit policy replaces the old one."""
    if any(changes.get(aim) is not None for aim in AIMS):
        changes = dict.fromkeys(AIMS) | dict(changes)
    return options.changed(**changes)
