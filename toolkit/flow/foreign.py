"""A run of a QONNX file: what its name stands for, and the steps that it has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hw_models.spec import NAME
from toolkit.core.errors import BadOption
from toolkit.flow.groups import RANDOM
from toolkit.flow.options import Options
from toolkit.flow.step import Step


def is_onnx(model: str) -> bool:
    """Tell whether a network is named as a QONNX file."""
    return Path(model).suffix == ".onnx"


def name_of(model: str) -> str:
    """Return the name of the network in a file: that of the file, as far as names may have its characters."""
    name = re.sub(r"\W", "_", Path(model).stem, flags=re.ASCII)[:64]
    return name if NAME.fullmatch(name) else f"network_{name}"[:64]


def with_frames(options: Options) -> Options:
    """Return the options with random frames in the shape of the file, where no other dataset is named."""
    file, data = options.network.qonnx, options.data
    if file is None:
        return options
    if data.dataset == RANDOM:
        return options.changed(data_path=file)
    return options.changed(data_path=None) if data.data_path == file else options


def applicable(steps: Sequence[Step], options: Options) -> tuple[Step, ...]:
    """Return the steps of a run; of a QONNX file those that need no layers, exits or training.

    Raises:
        BadOption: the last step, which is the one asked for, is none of those.
    """
    if options.network.qonnx is None:
        return tuple(steps)
    known = [step.name for step in steps if step.of_files]
    if not steps[-1].of_files:
        raise BadOption(
            f"step {steps[-1].name} of {options.network.qonnx.name}",
            expected="export, compile, compose, simulate or verify",
            found="a step for networks with training data and exits, which a QONNX file has not",
        )
    found = (step for step in steps if step.of_files)
    return tuple(replace(step, inputs=tuple(one for one in step.inputs if one in known)) for step in found)
