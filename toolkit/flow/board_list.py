"""Every board that ships: its part, whether its tools are here, and how the shipped networks fit it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

from hw_models import shipped
from toolkit import boards
from toolkit.boards import Board
from toolkit.core.artifact import Artifact, Record, sha256_file, sha256_json
from toolkit.core.errors import OfframpError
from toolkit.core.progress import Progress, silent
from toolkit.core.sources import code_digest
from toolkit.core.store import Store, scratch
from toolkit.core.tools import Program
from toolkit.families import family
from toolkit.flow.fit import Fit, fit_graphs


class BoardTools(Record):
    """Tools of a board: their name, what they are, and how to get those that are missing (empty: none is)."""

    name: str
    title: str
    link: str
    missing: str


class ListedBoard(Record):
    """A board.

    Attributes:
        board, title, family, part: its names.
        resources: amounts by the family's names.
        tools: each toolchain that makes bitstreams for it, the usual one first.
        verified: whether the usual one's pins were read in a source and tried.
    """

    board: str
    title: str
    family: str
    part: str
    resources: dict[str, int]
    tools: tuple[BoardTools, ...]
    verified: bool


class ShippedFits(Artifact):
    """How a shipped network fits every board, estimated; kept in the cache."""

    FILE: ClassVar[str] = "fits.json"

    network: str
    fits: tuple[Fit, ...]


def listed_boards() -> tuple[ListedBoard, ...]:
    """Return every board, by family and number of look-up tables; starts programs for their versions."""
    found = (boards.board(name) for name in boards.names())
    states: dict[tuple[str, str], str] = {}
    return tuple(_listed(on, states) for on in sorted(found, key=lambda on: (on.family, on.resources.lut)))


def _listed(on: Board, states: dict[tuple[str, str], str]) -> ListedBoard:
    names, tools = family(on.family).names, []
    for name, table in on.tables.items():
        chain = family(on.family).toolchains[name]
        if (on.family, name) not in states:
            states[on.family, name] = _missing(chain.programs)
        missing = states[on.family, name]
        tools.append(BoardTools(name=name, title=chain.title, link=table.link, missing=missing))
    return ListedBoard(
        board=on.name,
        title=on.title,
        family=on.family,
        part=on.part,
        resources={getattr(names, key).short: amount for key, amount in on.resources.amounts.items()},
        tools=tuple(tools),
        verified=on.table is not None and on.table.verified,
    )


def _missing(programs: Iterable[Program]) -> str:
    for program in programs:
        try:
            program.find()
        except OfframpError as error:
            return str(error)
    return ""


def shipped_fits(progress: Progress = silent) -> Mapping[str, tuple[Fit, ...]]:
    """Return how each shipped network fits every board, by its checkpoint's name; taken from the cache.

    Raises:
        OutputPathError: the cache cannot be written.
    """
    files, found = shipped.files(), {}
    for number, file in enumerate(files):
        progress(f"foldings of {file.stem}", number, len(files))
        key = sha256_json([sha256_file(file), code_digest(__name__)])
        folder = Store().get("fits", key, partial(_fit, file))
        found[file.stem] = ShippedFits.load(folder).fits
    return found


def _fit(file: Path, out: Path) -> None:
    from toolkit.export.export import export_graphs
    from toolkit.train.checkpoint import Checkpoint

    with scratch("fits") as folder:
        checkpoint = Checkpoint.read(file)
        exported = export_graphs(checkpoint.build(), folder)
        ShippedFits(network=file.stem, fits=fit_graphs(exported, checkpoint.network)).save(out)
