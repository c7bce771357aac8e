"""The compiled segments of a network, by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from toolkit.compile.segment import Segment
from toolkit.core.errors import ArtifactError
from toolkit.core.topology import Part, Topology


class Segments(Mapping[Part, Segment]):
    """Compiled segments, each in a folder with the name of its part; all of a network or some."""

    def __init__(self, segments: Mapping[Part, Segment]) -> None:
        self._segments = dict(segments)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read all segments of a network back.

        Raises:
            ArtifactError: there are none, or one is damaged.
            BadOption: a part of the network is missing.
        """
        names = [file.parent.name for file in folder.glob(f"*/{Segment.FILE}")]
        if not names:
            raise ArtifactError(f"no compiled segments in {folder}", fix="Compile again.")
        return cls({part: Segment.load(folder / part.name) for part in Topology.of(names)})

    def __getitem__(self, part: Part) -> Segment:
        return self._segments[part]

    def __iter__(self) -> Iterator[Part]:
        return iter(self._segments)

    def __len__(self) -> int:
        return len(self._segments)

    @property
    def topology(self) -> Topology:
        """Of the whole network.

        Raises:
            BadOption: a part of it is missing.
        """
        return Topology.of(self)

    def path(self, k: int) -> list[Segment]:
        """The segments of exit path k in stream order."""
        return [self[part] for part in Topology(k + 1).path(k)]

    def stage(self, k: int) -> list[Segment]:
        """Trunk k and head k."""
        return [self[part] for part in Topology(k + 1).stage(k)]
