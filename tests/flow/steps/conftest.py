from __future__ import annotations

from tests.implement.vivado.stand_ins import stand_ins

__all__ = ["stand_ins"]
