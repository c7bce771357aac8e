"""The trained checkpoints that come with the package: where they lie and what their cards say."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from hw_models.quant import QuantConfig


def path(model: str, dataset: str, quant: QuantConfig) -> Path:
    """Where the checkpoint for exactly these would lie; its card has the same name and ends in ``.json``."""
    return _folder() / f"{model}-{dataset}-{quant.key()}.pt"


def cards() -> list[dict[str, Any]]:
    """The cards of all shipped checkpoints, ordered by name."""
    return [json.loads(card.read_text(encoding="utf-8")) for card in sorted(_folder().glob("*.json"))]


def _folder() -> Path:
    return Path(str(files("hw_models"))) / "checkpoints"
