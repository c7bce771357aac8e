"""Measured rows: energies of networks on boards, and the networks' products."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from toolkit.core.artifact import Record, Text, load_table, write_json
from toolkit.core.quantities import Positive

MLPERF = Path(__file__).with_name("mlperf_tiny_v0_7.toml")


class Products(Record):
    """Multiply-accumulates of one layer per frame, and the bit widths of their two operands."""

    macs: Annotated[int, Field(ge=1)]
    weight_bits: Annotated[int, Field(ge=1, le=32)]
    activation_bits: Annotated[int, Field(ge=1, le=32)]


class Network(Record):
    """The products of a network per frame. ``derived``: derivation of the counts from the source."""

    source: Text
    derived: Text
    products: Annotated[tuple[Products, ...], Field(min_length=1)]


class Range(Record):
    """An interval of energy in µJ."""

    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError("low <= high")
        return self


class Row(Record):
    """One measurement.

    Attributes:
        active_w: input power of the board while it computes frames without a gap.
        idle_w: input power of the same board with the same bitstream, without work.
        frames_per_s: frame rate of the active phase.
        board_uj: energy per frame at the board's input.
        incremental_uj: range of its part that is above idle.
    """

    board: Text
    network: Text
    active_w: Positive
    idle_w: Positive
    frames_per_s: Positive
    board_uj: Positive
    incremental_uj: Range
    source: Text

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.active_w <= self.idle_w:
            raise ValueError("active power must be above idle power")
        if not math.isclose(self.board_uj, 1e6 * self.active_w / self.frames_per_s, rel_tol=0.01):
            raise ValueError("board_uj must be active_w / frames_per_s")
        return self

    @property
    def middle_uj(self) -> float:
        """Geometric mean of the incremental energy's range, in µJ."""
        return math.sqrt(self.incremental_uj.low * self.incremental_uj.high)

    @property
    def label(self) -> str:
        """Name of the row."""
        return f"{self.board} {self.network}"


class MeasuredRows(Record):
    """Measured rows of boards of one family, to fit the incremental model to."""

    schema_: Literal[1] = Field(alias="schema")
    name: Text
    source: Text
    family: Text
    conditions: Text
    networks: dict[str, Network]
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        if unknown := {row.network for row in self.rows} - set(self.networks):
            raise ValueError(f"rows of unknown networks: {', '.join(sorted(unknown))}")
        return self

    def products(self, row: Row) -> tuple[Products, ...]:
        """Return the products of the row's network."""
        return self.networks[row.network].products

    def save(self, path: Path) -> None:
        """Write the rows as JSON; :func:`load_rows` reads them."""
        write_json(path, self.model_dump(mode="json", by_alias=True))


def load_rows(path: Path) -> MeasuredRows:
    """Read a file of measured rows, TOML or JSON.

    Raises:
        ArtifactError: the file is missing or damaged, has no rows, or a row's active power is not above its
            idle power; names file and key.
    """
    return load_table(MeasuredRows, path, "measurements")


@cache
def mlperf() -> MeasuredRows:
    """Return the shipped rows: MLPerf Tiny v0.7 on 28 nm boards."""
    return load_rows(MLPERF)
