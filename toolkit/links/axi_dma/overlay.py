"""The description beside a PYNQ overlay: which DMA carries which stream of which stage.

``design.bit`` has ``design.json``::

    {"schema": 2, "digest": "...", "cell": "offramp", "stages": [
      {"input":       {"dma": "dma0", "element_bits": 8, "signed": false, "lanes": 1, "beats": 784},
       "logits":      {"dma": "dma0", "element_bits": 16, "signed": true, "lanes": 1, "beats": 10},
       "feature_map": {"dma": "dma0_map", "element_bits": 4, "signed": false, "lanes": 5, "beats": 196}},
      {"input": ..., "logits": ..., "feature_map": null}]}

``dma`` is the name of an ``axi_dma`` in the block design. An input leaves through its send channel (MM2S), an
output comes in through its receive channel (S2MM), with TLAST on the last word of every frame. In memory a
beat takes whole bytes, as :mod:`toolkit.sim.pack` packs it, and beats follow each other without gaps.
``cell`` is the name of the block with the registers (:mod:`toolkit.links.axi_dma.registers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from toolkit.compose import Accelerator
from toolkit.core.artifact import Name, Record, load_table, write_json
from toolkit.core.stream import Stream
from toolkit.runtime.device import StageStreams
from toolkit.runtime.simulated import stage_streams, stages_digest

DESCRIPTION = "design.json"
"""File of the description in a system's folder; beside an overlay it is named after that."""
CELL = "offramp"
"""Name of the top module's cell in the block design."""
Digest = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
"""SHA-256 in hexadecimal digits."""


class DmaStream(Record):
    """A stream and the DMA that carries it; the numbers are those of :class:`toolkit.core.stream.Stream`."""

    model_config = ConfigDict(strict=True)

    dma: str
    element_bits: int
    signed: bool
    lanes: int
    beats: int

    @classmethod
    def of(cls, stream: Stream, dma: str) -> Self:
        """Describe a stream that this DMA carries."""
        return cls(
            dma=dma,
            element_bits=stream.element_bits,
            signed=stream.signed,
            lanes=stream.lanes,
            beats=stream.beats,
        )

    def stream(self, name: str) -> Stream:
        """Return the stream under this name, without the DMA."""
        return Stream(name, self.element_bits, self.signed, self.lanes, self.beats)


class OverlayStage(Record):
    """The streams of one stage."""

    input: DmaStream
    logits: DmaStream
    feature_map: DmaStream | None = None

    @classmethod
    def of(cls, streams: StageStreams, index: int) -> Self:
        """Describe the stage of this index: its input and logits share a DMA, its feature map has its own."""
        own, given = f"dma{index}", streams.feature_map
        return cls(
            input=DmaStream.of(streams.input, own),
            logits=DmaStream.of(streams.logits, own),
            feature_map=None if given is None else DmaStream.of(given, f"{own}_map"),
        )

    @property
    def outputs(self) -> tuple[DmaStream, ...]:
        """Logits, and the feature map if there is one."""
        return (self.logits,) if self.feature_map is None else (self.logits, self.feature_map)

    def streams(self) -> StageStreams:
        """Return the streams of the stage, without their DMAs."""
        feature_map = None if self.feature_map is None else self.feature_map.stream("out1_V")
        return StageStreams(self.input.stream("in0_V"), self.logits.stream("out0_V"), feature_map)


class OverlayDescription(Record):
    """The stages of an overlay.

    Attributes:
        digest: digest of the design, in hexadecimal digits.
        cell: name of the block with the registers.
        stages: streams of each stage, one per exit.
    """

    schema_: Literal[2] = Field(2, alias="schema")
    digest: Digest
    cell: Name = CELL
    stages: tuple[OverlayStage, ...]

    @model_validator(mode="after")
    def _a_channel_per_stream(self) -> Self:
        used = [("send", stage.input.dma) for stage in self.stages]
        used += [("receive", stream.dma) for stage in self.stages for stream in stage.outputs]
        for direction, dma in used:
            if used.count((direction, dma)) > 1:
                raise ValueError(
                    f"one stream per channel, not two streams on the {direction} channel of {dma}"
                )
        return self

    @classmethod
    def of(cls, stages: Sequence[Accelerator]) -> Self:
        """Describe the overlay of these stage accelerators, in order."""
        streams = [stage_streams(stage.design()) for stage in stages]
        described = tuple(OverlayStage.of(one, k) for k, one in enumerate(streams))
        return cls(schema=2, digest=stages_digest(stages), stages=described)

    def save(self, path: Path) -> None:
        """Write the description as JSON."""
        write_json(path, self.model_dump(mode="json", by_alias=True))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a description.

        Raises:
            ArtifactError: the file is missing, damaged or of another schema, or two streams share a channel.
        """
        return load_table(cls, path, "overlay description")
