"""The interface of those who estimate layers: families, and toolchains whose results differ."""

from __future__ import annotations

import abc
from typing import Any, ClassVar

from toolkit.families.resources import Resources


class Estimator(abc.ABC):
    """Says what a hardware layer takes before it is synthesised.

    Attributes:
        variants: values of FINN+'s ``resType`` that are candidates for every product; empty: FINN+ chooses.
    """

    variants: ClassVar[tuple[str, ...]] = ()

    @abc.abstractmethod
    def estimate(self, op: Any, kind: str, model: Any, part: str) -> Resources:
        """Estimate the resources of a hardware layer at its current folding.

        Args:
            op: FINN+'s operation (``HWCustomOp``).
            kind: kind of layer, a value of :data:`toolkit.compile.legal.HARDWARE`.
            model: graph of the operation (``ModelWrapper``).
            part: name of a part of the family.
        """
