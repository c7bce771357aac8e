"""What there is to build: networks with their sizes, datasets, and the checkpoints that ship."""

from __future__ import annotations

from typing import Any

import hw_models
from hw_models import NetworkSpec, shipped
from hw_models.task import TaskName
from toolkit import data
from toolkit.core.artifact import Record


class NetworkSize(Record):
    """A network of this package.

    Attributes:
        name: its name.
        input_shape: shape (C, H, W) of an image.
        outputs: number of outputs of an exit; of a network that classifies, its classes in all groups.
        groups: groups of outputs, each of which names a class.
        task: what they are for.
        exits: number of exits.
        parameters: weights and biases.
        segment_parameters: the same, by trunk and head.
        segment_macs: multiply-accumulates per frame, by trunk and head.
        macs_to_exit: multiply-accumulates of a frame that leaves at each exit, earlier heads included.
        static_baseline_macs: multiply-accumulates without early exit.
    """

    name: str
    input_shape: tuple[int, int, int]
    outputs: int
    groups: int
    task: TaskName
    exits: int
    parameters: int
    segment_parameters: dict[str, int]
    segment_macs: dict[str, int]
    macs_to_exit: tuple[int, ...]
    static_baseline_macs: int

    @classmethod
    def of(cls, spec: NetworkSpec) -> NetworkSize:
        """Count what is in a network."""
        parameters = hw_models.segment_parameters(spec)
        return cls(
            name=spec.name,
            input_shape=spec.input_shape,
            outputs=spec.outputs,
            groups=spec.groups,
            task=spec.task,
            exits=spec.exits,
            parameters=sum(parameters.values()),
            segment_parameters={part.name: count for part, count in parameters.items()},
            segment_macs={part.name: macs for part, macs in hw_models.segment_macs(spec).items()},
            macs_to_exit=hw_models.macs_to_exit(spec),
            static_baseline_macs=hw_models.static_baseline_macs(spec),
        )


class Catalogue(Record):
    """Everything by name: networks, datasets, and the cards of the checkpoints that ship."""

    networks: tuple[NetworkSize, ...]
    datasets: tuple[str, ...]
    checkpoints: tuple[dict[str, Any], ...]


def models() -> Catalogue:
    """List the networks, the datasets and the shipped checkpoints."""
    networks = tuple(NetworkSize.of(hw_models.get(name)) for name in hw_models.names())
    return Catalogue(networks=networks, datasets=tuple(data.names()), checkpoints=tuple(shipped.cards()))
