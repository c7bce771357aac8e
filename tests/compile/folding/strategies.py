"""Random candidates, small enough to try every combination of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from hypothesis import strategies as st

from toolkit.compile.folding.candidates import Candidate, Unit
from toolkit.compile.folding.search import Demand
from toolkit.core.topology import trunk
from toolkit.families.resources import Resources

resources = st.builds(Resources, *[st.integers(0, 9)] * 3)
options = st.builds(Candidate, st.just(()), st.integers(1, 12), st.just(0), resources)
budgets = st.builds(Resources, *[st.integers(0, 30)] * 3)


@st.composite
def units(draw: st.DrawFn, most: int = 4) -> tuple[Unit, ...]:
    """Units of two to four options, each with attributes that tell it from all others of its unit."""
    made = []
    for name in "abcd"[: draw(st.integers(1, most))]:
        drawn = draw(st.lists(options, min_size=2, max_size=4))
        kept = [
            Candidate(((("PE", i),),), option.cycles, 0, option.resources) for i, option in enumerate(drawn)
        ]
        made.append(Unit(name, tuple(kept)))
    return tuple(made)


@st.composite
def demands(draw: st.DrawFn) -> list[Demand]:
    """One or two segments of up to two units each, the second serving some share of the frames."""
    shares = [1.0, draw(st.sampled_from([0.02, 0.1, 0.3, 0.5, 1.0]))][: draw(st.integers(1, 2))]
    return [Demand(trunk(k), draw(units(2)), share) for k, share in enumerate(shares)]


def every_way(demands: Sequence[Demand]) -> list[tuple[float, Resources, list[Candidate]]]:
    """Interval, resources and options of each combination of options."""
    shares = [demand.share for demand in demands for _ in demand.units]
    choices = [unit.candidates for demand in demands for unit in demand.units]
    found = []
    for ways in product(*choices):
        total = Resources(*map(sum, zip(*(option.resources for option in ways), strict=True)))
        pace = max(option.cycles * share for option, share in zip(ways, shares, strict=True))
        found.append((pace, total, list(ways)))
    return found
