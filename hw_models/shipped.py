"""The trained checkpoints that ship with the package: their paths and their cards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hw_models.quant import QuantConfig
from toolkit.core.artifact import read_json

_FOLDER = Path(__file__).parent / "checkpoints"


def path(model: str, dataset: str, quant: QuantConfig) -> Path:
    """Return the path for the checkpoint of this training, existing or not; its card ends in ``.json``."""
    return _FOLDER / f"{model}-{dataset}-{quant.key()}.pt"


def cards() -> list[dict[str, Any]]:
    """Return the cards of all shipped checkpoints, ordered by file name."""
    return [read_json(card) for card in sorted(_FOLDER.glob("*.json"))]
