"""The trained checkpoints that ship with the package: their paths and their cards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hw_models.quant import QuantConfig
from hw_models.registry import holds
from hw_models.spec import NetworkSpec
from toolkit.core.artifact import read_json
from toolkit.core.paths import is_file

_FOLDER = Path(__file__).parent / "checkpoints"


def path(model: str, dataset: str, quant: QuantConfig) -> Path:
    """Return the path for the checkpoint of this training, existing or not; its card ends in ``.json``."""
    return _FOLDER / f"{model}-{dataset}-{quant.key()}.pt"


def find(network: NetworkSpec, dataset: str, quant: QuantConfig) -> Path | None:
    """Return the checkpoint that ships for exactly this network and training; None without one."""
    file = path(network.name, dataset, quant)
    return file if holds(network) and is_file(file) else None


def files() -> list[Path]:
    """Return all shipped checkpoints, ordered by name."""
    return sorted(_FOLDER.glob("*.pt"))


def cards() -> list[dict[str, Any]]:
    """Return the cards of all shipped checkpoints, ordered by file name."""
    return [read_json(card) for card in sorted(_FOLDER.glob("*.json"))]


def trained_on(network: NetworkSpec, dataset_digest: str) -> list[tuple[QuantConfig, Path]]:
    """Return the shipped checkpoints of a network for data with this digest: bits and file of each."""
    if not holds(network):
        return []
    pairs = ((card, read_json(card)) for card in sorted(_FOLDER.glob("*.json")))
    return [
        (QuantConfig.from_json(value["quant"]), card.with_suffix(".pt"))
        for card, value in pairs
        if value["model"] == network.name and value["dataset_digest"] == dataset_digest
    ]
