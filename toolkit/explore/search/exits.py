"""The exits that a search may try: places on a backbone, with a head at each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from hw_models import NetworkSpec
from hw_models.attach import backbone_elements
from toolkit.core.errors import BadOption
from toolkit.explore.places.candidates import CandidatePlaces, require_head
from toolkit.explore.search.draws import Draws
from toolkit.explore.search.result import OWN_HEAD, PlacedExit

_AS_IT_IS = "as it is"
_USUAL_MOST = 2
"""Early exits that are tried unless more are asked for."""


@dataclass(frozen=True)
class ExitLayout:
    """A network with the exits that it has, by places on its backbone."""

    network: NetworkSpec
    exits: tuple[PlacedExit, ...]


@dataclass(frozen=True)
class ExitSpace:
    """All exits that a search may try.

    Attributes:
        network: the network as it is.
        places: places of its backbone.
        heads: kinds of heads to choose from at each.
        counts: numbers of early exits to choose from.
    """

    network: NetworkSpec
    places: CandidatePlaces
    heads: tuple[str, ...]
    counts: range

    @classmethod
    def of(
        cls,
        network: NetworkSpec,
        heads: Sequence[str],
        least: int,
        most: int | None = None,
        modules: Mapping[str, str] | None = None,
    ) -> ExitSpace:
        """Find the places of a network.

        Args:
            heads: kinds of heads, of :data:`toolkit.explore.places.candidates.HEADS`.
            least, most: smallest and largest number of early exits; None: two, or all places if there are
                fewer.
            modules: paths of the network's layers in the user's own, by name.

        Raises:
            UnknownName: there is no such head.
            BadOption: the network has no place for an exit, or fewer than exits are asked for.
        """
        for kind in heads:
            require_head(kind)
        places = CandidatePlaces.of(network, heads[0], modules=modules)
        there = len(places.after)
        if (asked := max(least, most or 0)) > there:
            expected = f"at most {there}, the number of places in {network.name}"
            raise BadOption("early exits to try", expected=expected, found=asked)
        most = most or max(least, min(_USUAL_MOST, there))
        return cls(network, places, tuple(dict.fromkeys(heads)), range(least, most + 1))

    def draw(self, draws: Draws) -> ExitLayout:
        """Return the network as it is, or its backbone with the exits that a trial asks for."""
        choices = [str(count) for count in self.counts]
        if self._own is not None:
            choices.insert(0, _AS_IT_IS)
        chosen = draws.suggest_categorical("exits", choices)
        if self._own is not None and chosen == _AS_IT_IS:
            return self._own
        found = dict[int, str]()
        for index in range(int(chosen)):
            place = draws.suggest_int(f"exit {index} place", 0, len(self.places.after) - 1)
            while place in found:  # of two exits at one place, one takes the next that is free
                place = (place + 1) % len(self.places.after)
            found[place] = draws.suggest_categorical(f"exit {index} head", self.heads)
        return self._layout(sorted(found.items()))

    def _layout(self, chosen: Sequence[tuple[int, str]]) -> ExitLayout:
        """Return the backbone with a head of a kind at each of some places."""
        places = self.places
        if not chosen:
            return ExitLayout(places.backbone, ())
        named = [(place, self._plainest(place, kind)) for place, kind in chosen]
        ending = "".join(f"_{kind[0]}{place}" for place, kind in named)
        name = f"{self.network.name[: 64 - len(ending)]}{ending}"
        network = places.network([place for place, _ in named], [kind for _, kind in named], name)
        exits = (PlacedExit(after=places.shown(place), head=kind) for place, kind in named)
        return ExitLayout(network, tuple(exits))

    def _plainest(self, place: int, kind: str) -> str:
        """Return the kind, or ``linear`` where its layers are no others: of a map that needs no pool."""
        same = self.places.head_at(place, kind) == self.places.head_at(place, "linear")
        return "linear" if same else kind

    @cached_property
    def _own(self) -> ExitLayout | None:
        """The network with its own early exits; None if it has none, or more or fewer than are allowed."""
        early = self.network.exits - 1
        if not early or early not in self.counts:
            return None
        names = [one.name for one in backbone_elements(self.places.backbone)]
        ends = accumulate(len(trunk) for trunk in self.network.trunks[:-1])
        after = (self.places.modules.get(names[end - 1], names[end - 1]) for end in ends)
        return ExitLayout(self.network, tuple(PlacedExit(after=one, head=OWN_HEAD) for one in after))
