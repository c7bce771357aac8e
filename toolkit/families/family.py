"""The interface of a chip family: all that Offramp knows about it stands in its folder, behind this."""

from __future__ import annotations

import abc
from typing import Any, ClassVar

from toolkit.families.resources import ResourceNames, Resources
from toolkit.families.toolchain import ChipToolchain


class Family(abc.ABC):
    """A chip family.

    Attributes:
        parts: how the names of its parts begin.
        names: what it calls its resources.
        variants: values of FINN+'s ``resType`` that every product is offered in; none: as FINN+ chooses.
        toolchain: what makes its bitstreams; None: designs for it can only be estimated.
        vendor_tools: commands of the vendor that a later version will start.
    """

    parts: ClassVar[tuple[str, ...]]
    names: ClassVar[ResourceNames]
    variants: ClassVar[tuple[str, ...]] = ()
    toolchain: ClassVar[ChipToolchain[Any] | None] = None
    vendor_tools: ClassVar[tuple[str, ...]] = ()

    def covers(self, part: str) -> bool:
        """Whether a part is of this family."""
        return part.startswith(self.parts)

    @abc.abstractmethod
    def estimate(self, op: Any, kind: str, model: Any, part: str) -> Resources:
        """What a hardware layer takes, as it is folded now.

        Args:
            op: FINN+'s operation (``HWCustomOp``).
            kind: of the layer, as :data:`toolkit.compile.legal.HARDWARE` names it.
            model: the graph that it is in (``ModelWrapper``).
            part: one that the family covers.
        """
