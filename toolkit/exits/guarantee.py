"""Distribution-free risk control: early exiting harms few frames, with a stated probability.

The risk of a policy is the probability that a frame is answered wrongly though the last exit answers it
correctly. Learn then Test (Angelopoulos et al., https://arxiv.org/abs/2110.01052), fixed-sequence testing;
for early exits see Jazbec et al., https://arxiv.org/abs/2405.20915. The loss is 0 or 1 per frame, so the
binomial tail is an exact p-value and no concentration bound is needed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import binom

from toolkit.core.errors import BadOption
from toolkit.exits.criteria import Floats
from toolkit.exits.curve import Curve


@dataclass(frozen=True)
class Guarantee:
    """P(risk of the chosen policy > epsilon) <= delta, over the draw of the calibration set.

    It holds if the frames are drawn independently from the distribution of the calibration frames.

    Raises:
        BadOption: epsilon or delta is not between 0 and 1, exclusive.
    """

    epsilon: float
    delta: float

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not 0 < value < 1:
                raise BadOption(f"guarantee: {name}", expected="a number between 0 and 1", found=value)

    def p_values(self, curve: Curve) -> Floats:
        """Return the p-value of each threshold, P(Binomial(N, epsilon) <= frames harmed), float64 [T].

        If the risk exceeds epsilon, the probability that this is at most u is at most u, for every u.
        """
        return np.asarray(binom.cdf(curve.harmed, curve.frames, self.epsilon), dtype=np.float64)

    def proven(self, curve: Curve) -> int:
        """Return how many thresholds, counted from the safest, are proven to have a risk of at most epsilon.

        The first lets no frame leave early: its risk is 0 and needs no test. The others are tested in their
        fixed order, each at level delta, up to the first that fails. So the probability that any of those
        that pass is false is at most delta, and any choice among them is covered.
        """
        failed = np.flatnonzero(self.p_values(curve)[1:] > self.delta)
        return 1 + int(failed[0]) if len(failed) else len(curve.thresholds)

    def certificate(self, curve: Curve, chosen: int, proven: int) -> dict[str, Any]:
        """Return the proven statement with its data, JSON types, for the policy's file."""
        return {
            **asdict(self),
            "risk": "a frame is answered wrongly that the last exit answers correctly",
            "bound": "Learn then Test, fixed sequence, exact binomial p-values (arXiv:2110.01052)",
            "frames": curve.frames,
            "harmed": int(curve.harmed[chosen]),
            "grid": len(curve.thresholds),
            "proven": proven,
        }
