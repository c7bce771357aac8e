"""Distribution-free risk control: early exiting harms few frames, with a stated probability.

The risk of a policy is the probability that a frame is answered wrongly though the last exit answers it
correctly. Learn then Test (Angelopoulos et al., https://arxiv.org/abs/2110.01052), fixed-sequence testing;
for early exits see Jazbec et al., https://arxiv.org/abs/2405.20915. The loss is 0 or 1 per frame, so the
binomial tail is an exact p-value and no concentration bound is needed.

The sequence must not depend on the frames that are tested. With one early exit it is the grid of thresholds.
With several, one half of the frames chooses the sequence and the other is tested, as in Pareto Testing
(Laufer-Goldshtein et al., https://arxiv.org/abs/2210.07913).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import binom

from toolkit.core.errors import BadOption
from toolkit.exits.criteria import Floats
from toolkit.exits.outcomes import Outcomes


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

    def p_values(self, found: Outcomes) -> Floats:
        """Return the p-value of each policy, P(Binomial(N, epsilon) <= frames harmed), float64 [T].

        If the risk exceeds epsilon, the probability that this is at most u is at most u, for every u.
        """
        return np.asarray(binom.cdf(found.harmed, found.frames, self.epsilon), dtype=np.float64)

    def proven(self, found: Outcomes) -> int:
        """Return how many policies, counted from the safest, are proven to have a risk of at most epsilon.

        The first lets no frame leave early: its risk is 0 and needs no test. The others are tested in their
        order, which the frames must not have decided, each at level delta, up to the first that fails. So the
        probability that any of those that pass is false is at most delta, and any choice among them is
        covered.
        """
        failed = np.flatnonzero(self.p_values(found)[1:] > self.delta)
        return 1 + int(failed[0]) if len(failed) else len(found.harmed)

    def most_harmed(self, frames: int) -> int:
        """Return the largest number of harmed frames of so many with a p-value of at most delta, or 0."""
        values = binom.cdf(np.arange(frames + 1), frames, self.epsilon)
        return max(0, int(np.count_nonzero(values <= self.delta)) - 1)

    def certificate(self, tested: Outcomes, chosen: int, proven: int, *, halves: bool) -> dict[str, Any]:
        """Return the proven statement with its data, JSON types, for the policy's file.

        Args:
            tested: outcomes of all policies on the frames that were tested.
            chosen, proven: index of the chosen policy, and number of proven ones.
            halves: whether other frames chose the sequence.
        """
        sequence = ", of a sequence that the other half chose (arXiv:2210.07913)" if halves else ""
        return {
            **asdict(self),
            "risk": "a frame is answered wrongly that the last exit answers correctly",
            "bound": f"Learn then Test, fixed sequence, exact binomial p-values (arXiv:2110.01052){sequence}",
            "frames": tested.frames,
            "harmed": int(tested.harmed[chosen]),
            "grid": len(tested.harmed),
            "proven": proven,
        }
