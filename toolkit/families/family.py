"""The interface of a chip family: everything specific to one is in its folder, behind this class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from toolkit.families.estimator import Estimator
from toolkit.families.resources import Capacity, ResourceNames
from toolkit.families.toolchain import ChipToolchain

REFERENCE_PART = "xczu7ev-ffvc1156-2-e"
"""Part given to FINN+, which needs one to choose RTL variants and to estimate, where it does not matter."""


class Family:
    """A chip family.

    Attributes:
        parts: prefixes of the names of its parts.
        names: its names of resources.
        estimator: says what layers take, for all of its toolchains that have none of their own.
        capacities: resources of its parts by the beginning of a part's name; boards may state them instead.
        finn_part: part given to FINN+ for RTL that depends on the kind of DSP block.
        versions: parameter VERSION of our ``mvu.sv`` by what products are made of, for such a part.
        toolchains: tools that make its bitstreams by the name that ``--tools`` takes, the usual ones first;
            empty: designs for it can only be estimated.
    """

    parts: ClassVar[tuple[str, ...]]
    names: ClassVar[ResourceNames]
    estimator: ClassVar[Estimator]
    capacities: ClassVar[Mapping[str, Capacity]] = {}
    finn_part: ClassVar[str] = REFERENCE_PART
    versions: ClassVar[Mapping[str, int]] = {"lut": 1, "dsp": 2}
    toolchains: ClassVar[Mapping[str, ChipToolchain[Any]]] = {}

    def covers(self, part: str) -> bool:
        """Whether a part belongs to this family."""
        return part.startswith(self.parts)

    def capacity(self, part: str) -> Capacity | None:
        """Return the resources of a part; None: its board states them."""
        return next((found for start, found in self.capacities.items() if part.startswith(start)), None)
