"""The compiled segments of a network, by part."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from toolkit.compile.segment import Segment
from toolkit.core.errors import ArtifactError
from toolkit.core.topology import Part, Topology


class Segments(dict[Part, Segment]):
    """The compiled segments of a network by part, each in a folder with the name of its part."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read all segments of a network.

        Raises:
            ArtifactError: there are no segments, or one is damaged.
            BadOption: a part of the network is missing.
        """
        names = [file.parent.name for file in folder.glob(f"*/{Segment.FILE}")]
        if not names:
            raise ArtifactError(f"no compiled segments in {folder}", fix="Compile again.")
        return cls({part: Segment.load(folder / part.name) for part in Topology.of(names)})

    @property
    def topology(self) -> Topology:
        """Topology of the whole network.

        Raises:
            BadOption: a part of it is missing.
        """
        return Topology.of(self)

    def path(self, k: int) -> list[Segment]:
        """Return the segments of exit path k in stream order."""
        return [self[part] for part in Topology.around(self).path(k)]

    def stage(self, k: int) -> list[Segment]:
        """Return the segments of trunk k and head k in stream order."""
        return [self[part] for part in Topology.around(self).stage(k)]
