"""The description beside a PYNQ overlay: which DMA carries which stream of which stage.

``design.bit`` has ``design.json``::

    {"schema": 1, "digest": "...", "stages": [
      {"input":       {"dma": "dma0", "element_bits": 8, "signed": false, "lanes": 1, "beats": 784},
       "logits":      {"dma": "dma0", "element_bits": 16, "signed": true, "lanes": 1, "beats": 10},
       "feature_map": {"dma": "dma0_map", "element_bits": 4, "signed": false, "lanes": 5, "beats": 196}},
      {"input": ..., "logits": ..., "feature_map": null}]}

``dma`` is the name of an ``axi_dma`` in the block design. An input leaves through its send channel (MM2S), an
output comes in through its receive channel (S2MM), with TLAST on the last beat of every frame. In memory a
beat takes whole bytes, as :mod:`toolkit.sim.pack` packs it, and beats follow each other without gaps.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import ArtifactError
from toolkit.core.stream import Stream
from toolkit.runtime.device import StageStreams

SCHEMA = 1


@dataclass(frozen=True)
class DmaStream:
    """One stream and the DMA that carries it; the numbers are those of :class:`toolkit.sim.Stream`."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    dma: str
    element_bits: int
    signed: bool
    lanes: int
    beats: int

    @classmethod
    def of(cls, stream: Stream, dma: str) -> DmaStream:
        """Describe a stream that this DMA carries."""
        return cls(dma, stream.element_bits, stream.signed, stream.lanes, stream.beats)

    def stream(self, name: str) -> Stream:
        """Return the stream under this name, without the DMA."""
        return Stream(name, self.element_bits, self.signed, self.lanes, self.beats)


@dataclass(frozen=True)
class OverlayStage:
    """The streams of one stage."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    input: DmaStream
    logits: DmaStream
    feature_map: DmaStream | None = None

    @property
    def outputs(self) -> tuple[DmaStream, ...]:
        """Logits, and the feature map if there is one."""
        return (self.logits,) if self.feature_map is None else (self.logits, self.feature_map)

    def streams(self) -> StageStreams:
        """Return the streams of the stage, without their DMAs."""
        feature_map = None if self.feature_map is None else self.feature_map.stream("out1_V")
        return StageStreams(self.input.stream("in0_V"), self.logits.stream("out0_V"), feature_map)


@dataclass(frozen=True)
class OverlayDescription:
    """The stages of an overlay.

    Attributes:
        digest: digest of the design.
        stages: streams of each stage, one per exit.

    Raises:
        ArtifactError: two streams share a channel of a DMA.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    digest: str
    stages: tuple[OverlayStage, ...]

    def __post_init__(self) -> None:
        used = [("send", stage.input.dma) for stage in self.stages]
        used += [("receive", stream.dma) for stage in self.stages for stream in stage.outputs]
        if len(set(used)) != len(used):
            twice = next(item for item in used if used.count(item) > 1)
            raise ArtifactError(
                "overlay description",
                expected="a channel of its own for each stream",
                found=f"two streams on the {twice[0]} channel of {twice[1]}",
            )

    def save(self, path: Path) -> None:
        """Write the description as JSON."""
        write_json(path, {"schema": SCHEMA, **asdict(self)})

    @classmethod
    def load(cls, path: Path) -> OverlayDescription:
        """Read a description.

        Raises:
            ArtifactError: the file is missing, damaged or has another schema.
        """
        value = read_json(path)
        if (schema := value.pop("schema", None)) != SCHEMA:
            raise ArtifactError(f"overlay description {path}", expected=f"schema {SCHEMA}", found=schema)
        try:
            return TypeAdapter(cls).validate_json(json.dumps(value))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ArtifactError(f"overlay description {path}", expected=f"{where}: {first['msg']}") from error
