"""The same float training without regularisation, to its end and with early stopping, on one page.

    .venv/bin/python benchmarks/early_stopping.py --epochs 60 --out early-stopping

Augmentation, weight decay, distillation and averaging are off, and the learning rate is constant: so the
second training is the first one, up to where it stops. Figures on ``cifar10-subset`` say nothing of CIFAR-10.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import hw_models
from toolkit.data import load
from toolkit.report.training import write_trainings
from toolkit.train import recipe, summaries
from toolkit.train.run import train_float

PLAIN = {"augment": 0.0, "mirror": 0.0, "weight_decay": 0.0, "distill": 0.0, "average": 0.0}


def main() -> None:
    """Train twice and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="cnn_cifar10")
    parser.add_argument("--dataset", default="cifar10-subset")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--patience", type=int, default=10)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--out", type=Path, default=Path("early-stopping"))
    given = parser.parse_args()
    spec, dataset = hw_models.get(given.model), load(given.dataset)
    trainings = {}
    for heading, patience in (
        (f"All {given.epochs} epochs", given.epochs),
        (f"Patience {given.patience}", given.patience),
    ):
        options = recipe(
            given.dataset,
            float_epochs=given.epochs,
            patience=patience,
            float_rate=given.rate,
            schedule="constant",
            monitor="val_loss",
            **PLAIN,
        )
        trainings[heading] = folder = given.out / f"patience{patience}"
        train_float(spec, dataset, options, folder, say=print)
        for phase in summaries(folder):
            print(phase.says)
    write_trainings(
        given.out / "page.html", f"{given.model} on {given.dataset}, without regularisation", trainings
    )
    print(given.out / "page.html")


if __name__ == "__main__":
    main()
