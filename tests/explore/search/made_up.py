"""A search without training: figures follow from bits and epochs, as files in folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hw_models import QuantConfig
from toolkit.explore.search import Evaluation, Figures
from toolkit.explore.search.study import Made, Training
from toolkit.train.checkpoint import Checkpoint

FIGURES = Figures(
    accuracy=0.9,
    test_accuracy=0.8,
    exit_rates=(0.75, 0.25),
    energy_uj=4.0,
    throughput=100.0,
    latency_us=50.0,
    lut=1000,
    bram=10,
    dsp=5,
    cycles=200.0,
    clock_mhz=25.0,
)


def of_bits(quant: QuantConfig, epochs: int) -> Figures:
    """More bits and epochs are more accurate, and take more energy."""
    bits = quant.weight_bits + quant.act_bits
    return FIGURES.model_copy(
        update={"accuracy": 1 - 1 / (bits + epochs), "energy_uj": float(quant.weight_bits * quant.act_bits)}
    )


class Trainer:
    """Makes points, and remembers what it was asked for."""

    def __init__(self, folder: Path, figures: Callable[[QuantConfig, int], Figures | None] = of_bits) -> None:
        self._folder, self._figures = folder, figures
        self.asked: list[list[Training]] = []

    def __call__(self, trainings: Sequence[Training]) -> list[Made]:
        self.asked.append(list(trainings))
        return [self._made(one, f"{len(self.asked)}-{index}") for index, one in enumerate(trainings)]

    def _made(self, training: Training, name: str) -> Made:
        (folder := self._folder / name).mkdir(parents=True)
        figures = self._figures(training.variant.quant, training.epochs)
        (folder / Checkpoint.FILE).touch()
        return Made(folder, Evaluation(figures=figures, refused="" if figures else "too large"))
