"""Forms of the incremental model: energy per frame from a network's products, with at most two parameters.

Each is a sum over layers, ``E = c * sum(macs * width(weight_bits, activation_bits))`` in µJ: dynamic energy
grows with the operations done and with how many bits each of them moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.cost.rows import Products

Width = Callable[[float, float, float], float]
"""Relative energy of one product, of (weight bits, activation bits, second parameter)."""


@dataclass(frozen=True)
class Form:
    """One form of the model.

    Attributes:
        name: name of the form.
        formula: formula of a layer's relative energy, for messages.
        width: relative energy of one product.
        start: initial value of the second parameter in the fit; None: the form has none.
        letter: symbol of the second parameter in ``formula``.
    """

    name: str
    formula: str
    width: Width
    start: float | None = None
    letter: str = "p"

    @property
    def free(self) -> int:
        """Number of free parameters."""
        return 1 if self.start is None else 2

    def log_sum(self, products: Sequence[Products], second: float) -> float:
        """Return the logarithm of the sum over layers: the energy for ``c = 1``."""
        terms = (
            layer.macs * self.width(layer.weight_bits, layer.activation_bits, second) for layer in products
        )
        return float(np.log(sum(terms)))


FORMS = (
    Form("operations", "macs", lambda w, a, _: 1.0),
    Form("bit products", "macs * w*a", lambda w, a, _: w * a),
    Form("bit sums", "macs * (w+a)", lambda w, a, _: w + a),
    Form("bit product power", "macs * (w*a)^p", lambda w, a, p: (w * a) ** p, 0.5),
    Form("bit sum power", "macs * (w+a)^p", lambda w, a, p: (w + a) ** p, 1.0),
    Form("bit products and operations", "macs * (w*a + e^d)", lambda w, a, d: w * a + np.exp(d), 0.0, "d"),
)
