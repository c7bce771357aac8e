"""Every option of the flow's commands, declared once. ``None`` means: not given."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from toolkit.flow import TARGETS, Options, Step


class Scaling(StrEnum):
    """How scales may lie."""

    po2 = "po2"
    float = "float"


class Device(StrEnum):
    """Where training runs."""

    auto = "auto"
    cpu = "cpu"
    gpu = "gpu"


def _default(name: str) -> str:
    return f"[default: {Options().value(name)}]"


COMMON: dict[str, Any] = {
    "dataset": Annotated[str | None, Option(help=f"Dataset (see 'offramp models'). {_default('dataset')}")],
    "target": Annotated[
        str | None, Option(help=f"What to build for: {', '.join(TARGETS)}. {_default('target')}")
    ],
    "data_dir": Annotated[Path | None, Option(help="Folder with the datasets' folders.")],
    "seed": Annotated[int | None, Option(help=f"Seed of everything random. {_default('seed')}")],
    "checkpoint": Annotated[Path | None, Option(help="Trained weights to take.")],
}
"""Options of every command of the flow."""

OF_STAGES: dict[str, Any] = {
    "weight_bits": Annotated[int | None, Option(help=f"Bits of weights, 2-8. {_default('weight_bits')}")],
    "act_bits": Annotated[int | None, Option(help=f"Bits of activations, 2-8. {_default('act_bits')}")],
    "first_weight_bits": Annotated[int | None, Option(help="Bits of the first layer's weights.")],
    "last_weight_bits": Annotated[int | None, Option(help="Bits of the classifiers' weights.")],
    "scaling": Annotated[
        Scaling | None,
        Option(help=f"Powers of two or any scale. {_default('scaling')}"),
    ],
    "per_channel": Annotated[bool | None, Option(help="A weight scale per channel in hidden layers.")],
    "force": Annotated[bool | None, Option(help="Take a checkpoint trained on other data.")],
    "train": Annotated[bool | None, Option(help="Train, even where a shipped checkpoint would do.")],
    "epochs": Annotated[int | None, Option(help="Epochs of quantised training.")],
    "float_epochs": Annotated[int | None, Option(help="Epochs of the float training before it.")],
    "device": Annotated[Device | None, Option(help=f"Where to train. {_default('device')}")],
    "tracker": Annotated[str | None, Option(help=f"Where training curves go. {_default('tracker')}")],
    "cycles": Annotated[
        int | None,
        Option(help="Cycles per frame that folding aims for. [default: 3200; on a board, what --luts allow]"),
    ],
    "luts": Annotated[
        int | None,
        Option(help="Look-up tables that a board's design may take. [default: 8000, or what it needs]"),
    ],
    "frames": Annotated[
        int | None,
        Option(help="Test frames to simulate and compare. [default: all]"),
    ],
    "layers": Annotated[bool | None, Option(help="Compare every stream between two layers as well.")],
    "criterion": Annotated[
        str | None, Option(help=f"Exit criterion: top1, entropy or margin. {_default('criterion')}")
    ],
    "fraction_bits": Annotated[
        int | None, Option(help=f"Fraction bits of its tables. {_default('fraction_bits')}")
    ],
    "exit_rate": Annotated[
        float | None, Option(help="Let at least this share leave early. [default: as trained for]")
    ],
    "max_loss": Annotated[
        float | None, Option(help="Lose at most so many points of accuracy to the last exit.")
    ],
    "max_latency": Annotated[float | None, Option(help="Take at most so many cycles, in the mean.")],
    "max_energy": Annotated[
        float | None, Option(help="Take at most so many uJ above idle, in the mean (estimated).")
    ],
    "epsilon": Annotated[
        float | None, Option(help="Guarantee: at most this share of all frames is harmed by leaving early.")
    ],
    "delta": Annotated[
        float | None, Option(help=f"Probability that the guarantee fails. {_default('delta')}")
    ],
    "host_cycles": Annotated[
        int | None, Option(help=f"Cycles the host takes between stages. {_default('host_cycles')}")
    ],
    "measurements": Annotated[Path | None, Option(help="Own measured energies to fit the energy model to.")],
    "power": Annotated[
        Path | None, Option(help="Power of the run's design: measured (.csv), or Vivado's report_power.")
    ],
    "clock_mhz": Annotated[
        float | None,
        Option(help="Clock of a bitstream, or of all times for sim. [default: by its size; the board's]"),
    ],
    "seeds": Annotated[int | None, Option(help=f"Placements to try for a bitstream. {_default('seeds')}")],
    "require_clock": Annotated[bool | None, Option(help="A bitstream that misses its clock is an error.")],
}
"""Options that some stage names in its declaration, and those that come with one."""

_COME_WITH = {"train": ("device", "tracker"), "cost": ("measurements", "power")}
"""Options that belong to a stage and are not themselves what decides its result (a file's content does)."""


def options_of(stages: tuple[Step, ...]) -> dict[str, Any]:
    """Option name -> annotated type, for a command that runs ``stages``."""
    names = {name for stage in stages for name in (*stage.options, *_COME_WITH.get(stage.name, ()))}
    return COMMON | {name: kind for name, kind in OF_STAGES.items() if name in names}
