"""Searches bit widths for a board: from options to data, weights, pieces and a folder of points."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_models.description import describe_network
from hw_models.quant import MAX_BITS, MIN_BITS, QuantConfig
from toolkit.core.declaration import Option
from toolkit.core.errors import ArtifactError, BadOption
from toolkit.core.outputs import require_folder
from toolkit.core.paths import exists, is_folder
from toolkit.core.progress import Progress
from toolkit.core.store import Store
from toolkit.explore.search import Aim, BuildPoint, Exploration, Limit, Tried
from toolkit.explore.search.objectives import OBJECTIVES, objective_named
from toolkit.flow.data import load_data
from toolkit.flow.engine import DONE, FAILED
from toolkit.flow.groups import QuantOptions, TrainingOptions
from toolkit.flow.options import Options
from toolkit.flow.own import named
from toolkit.flow.reporters import reporter_of
from toolkit.flow.resolve import given_path, resolve
from toolkit.flow.step import Reporter, Step
from toolkit.pieces import Piece, map_pieces

if TYPE_CHECKING:
    from toolkit.data import Dataset
    from toolkit.explore.search.study import Start, Training

OBJECTIVE = Option(
    f"Figure to search for, at least two: {', '.join(OBJECTIVES)}. The first breaks ties.",
    name="objective",
    kind=str,
    among=tuple(OBJECTIVES),
    shown="accuracy and energy",
)
LIMIT = Option(
    "Bound that the best points keep, NAME=NUMBER: at least so much accuracy (0 to 1) or throughput "
    "(frames/s), at most so much energy (uJ), latency (us), lut, bram or dsp. May be given several times.",
    name="limit",
    kind=str,
    shown="the board's resources",
)
POINTS = Option("Points to try.", name="points", kind=int, low=1, high=10**6, default=16)
AT_ONCE = Option(
    "Points of a round: those of later rounds are chosen in its light.",
    name="at_once",
    kind=int,
    low=1,
    high=10**4,
    default=8,
)
LEAST_BITS = Option(
    "Fewest bits to try.", name="least_bits", kind=int, low=MIN_BITS, high=MAX_BITS, default=MIN_BITS
)
MOST_BITS = Option(
    "Most bits to try.", name="most_bits", kind=int, low=MIN_BITS, high=MAX_BITS, default=MAX_BITS
)
SCHEDULER = Option(
    "Address of a Dask scheduler whose workers do the work, tcp://HOST:PORT.",
    name="scheduler",
    kind=str,
    shown="this machine",
)
WORKERS = Option(
    "Processes that work on this machine.", name="workers", kind=int, low=1, high=10**4, default=1
)
EPOCHS = 8
"""Epochs of the points that are trained to the end, unless asked for others."""
_OF_POINTS = ("network", "quant", "data", "folding", "implementation")
_ELSEWHERE = {"checkpoint", "weights", "weights_unit", "force", "data_dir", "qonnx", "remote"}
"""Options of these groups that a point does not have."""
STUDY = Step(
    "explore",
    "Search bit widths for a board: accuracy against energy, speed or size",
    lambda _: {},
    options=(
        *("model", "dataset", "data_dir", "data_path", "image_size", "image_width", "colour", "seed"),
        *("checkpoint", "weights", "weights_unit", "target", "tools", "luts"),
        *QuantOptions.model_fields,
        *(name for name in TrainingOptions.model_fields if name not in ("train", "mode", "tracker")),
    ),
)
"""Declared like a step, for its options and its progress; it is none of the flow."""
_MOST_BYTES = 2**31
"""Points that are kept for the next time."""


def explore_designs(
    model: object = None,
    *,
    objective: Sequence[str] = ("accuracy", "energy"),
    limit: Sequence[str] = (),
    points: int = POINTS.default,
    at_once: int = AT_ONCE.default,
    least_bits: int = LEAST_BITS.default,
    most_bits: int = MOST_BITS.default,
    mixed: bool = False,
    scheduler: str | None = None,
    workers: int = WORKERS.default,
    out: str | Path | None = None,
    progress: bool | Reporter = False,
    **options: Any,
) -> Exploration:
    """Search bit widths of a network for a board; every point is trained, calibrated and folded.

    Half of each round's points are trained on, a half of those to the end. Trainings start from the weights
    nearest in bits. The same call gives the same points, on any number of workers; what has been trained is
    kept, so that a call that was killed goes on.

    Args:
        model: as for :func:`toolkit.build`.
        objective: at least two of :data:`toolkit.explore.search.OBJECTIVES`.
        limit: bounds, ``energy=20``, that the best points must keep.
        points: points to try.
        at_once: points of a round.
        least_bits, most_bits: widths to try, of weights and of activations.
        mixed: whether each layer has widths of its own.
        scheduler: address of a Dask scheduler; None: work here.
        workers: processes that work here.
        out: folder of the result: ``exploration.json``, ``pareto.png`` and a folder per trained point, by its
            number; None: ``runs/MODEL-DATASET-explore``.
        progress: whether to show what happens on standard error, or a receiver of it.
        options: options of data, weights, bits, training and target, by the names of the command line.

    Raises:
        UnknownName, BadOption: a name does not exist, or a value is out of range.
        DoesNotFit: no point can be built for the board.
        GoalUnreachable: no point keeps all limits; says which is in the way.
        HostFailed, UnsupportedVersion: of the cluster.
        OfframpError: the data or the weights cannot be read, or do not fit.
    """
    for one, value in (
        *((POINTS, points), (AT_ONCE, at_once), (WORKERS, workers)),
        *((LEAST_BITS, least_bits), (MOST_BITS, most_bits)),
    ):
        one.check(value)
    aims, limits = tuple(map(objective_named, dict.fromkeys(objective))), tuple(map(Limit.of, limit))
    if len(aims) < 2:
        raise BadOption("--objective", expected="at least two", found=", ".join(objective) or "none")
    if least_bits > most_bits:
        raise BadOption("--least-bits", expected=f"at most --most-bits, {most_bits}", found=least_bits)
    name, own = named(model)
    _, chosen = resolve(name, None, options, own=own)
    folder = _folder(chosen, None if out is None else given_path(out))
    reporter = reporter_of(progress)
    reporter.begin(STUDY, f"{points} points")
    begun = time.monotonic()
    try:
        search = _Searched(
            chosen,
            _Wanted(aims, limits, points, at_once, (least_bits, most_bits), mixed),
            _Where(scheduler, workers, reporter.progress),
            reporter.line,
        )
        found, made = search.run(None if own is None else own.weights)
        _write(folder, found, made, chosen)
    except BaseException:
        reporter.end(STUDY, FAILED, time.monotonic() - begun, "")
        raise
    said = f"{len(found.front)} best of {len(found.points)} points, in {folder}"
    reporter.end(STUDY, DONE, time.monotonic() - begun, said)
    return found


def options_of_point(folder: Path) -> dict[str, Any]:
    """Return the options of a run that builds a point of a search, by name.

    Args:
        folder: folder of the point, ``OUT/NUMBER``.

    Raises:
        ArtifactError: there is no such point, or its file is damaged.
    """
    from toolkit.train.checkpoint import Checkpoint

    if not BuildPoint.exists(folder):
        fix = "Points that were trained to the end have a folder each, below --out of offramp explore."
        expected = f"a folder of a point, with {BuildPoint.FILE}"
        raise ArtifactError(f"--from {folder}", expected=expected, found="none", fix=fix)
    return {**BuildPoint.load(folder).options, "checkpoint": folder / Checkpoint.FILE}


@dataclass(frozen=True)
class _Wanted:
    """What is searched for."""

    objectives: tuple[Aim, ...]
    limits: tuple[Limit, ...]
    points: int
    at_once: int
    bits: tuple[int, int]
    mixed: bool


@dataclass(frozen=True)
class _Where:
    """Where pieces are made."""

    scheduler: str | None
    workers: int
    progress: Progress

    def make(self, pieces: Sequence[Piece], kind: str) -> list[Path]:
        return map_pieces(
            pieces, kind, scheduler=self.scheduler, workers=self.workers, progress=self.progress
        )


class _Searched:
    """A search with its data and its weights."""

    def __init__(self, options: Options, wanted: _Wanted, where: _Where, say: Callable[[str], None]) -> None:
        from toolkit.data import DatasetInfo
        from toolkit.train.fit import require_fit

        self._options, self._wanted, self._where, self._say = options, wanted, where, say
        self._spec = options.network.spec()
        if options.implementation.board is None:
            raise BadOption("--target of a search", expected="a board, whose resources count", found="sim")
        if self._spec.task != "classification":
            raise BadOption("network of a search", expected="one that classifies", found=self._spec.task)
        self._data: Dataset = load_data(options.data, where.progress)
        require_fit(self._spec, DatasetInfo.of(self._data))

    def run(self, given: bytes | None) -> tuple[Exploration, Mapping[int, Path]]:
        """Search; returns the result and the folder of each point with a checkpoint, by its number."""
        from toolkit.cost import requested_clock
        from toolkit.explore.search.space import Space
        from toolkit.explore.search.study import Search, SearchPlan

        wanted, options = self._wanted, self._options
        board = options.implementation.board
        assert board is not None
        epochs = options.training.changes.get("epochs", EPOCHS)
        plan = SearchPlan(
            wanted.objectives, wanted.limits, wanted.points, wanted.at_once, epochs, options.data.seed
        )
        space = Space(self._spec, options.quant.config(), *wanted.bits, wanted.mixed)
        search = Search(plan, space, self._starts(given), self._train, self._say)
        rows, folders = search.run()
        found = Exploration(
            model=self._spec.name,
            dataset=self._data.name,
            target=board.name,
            objectives=tuple(one.name for one in wanted.objectives),
            limits=tuple(one.words for one in wanted.limits),
            epochs=epochs,
            asked=wanted.points,
            clock=requested_clock(board, None).source,
            points=rows,
        )
        return found, folders

    def _train(self, trainings: Sequence[Training]) -> list[Path]:
        from toolkit.explore.search.evaluate import evaluate

        target, folding = self._options.implementation, self._options.folding
        pieces = [
            Piece(
                evaluate,
                {
                    "network": describe_network(self._spec),
                    "quant": one.quant.to_json(),
                    "training": self._training("trained", epochs=one.epochs, float_epochs=0),
                    "board": target.target,
                    "tools": target.tools,
                    "luts": folding.luts,
                    "data": self._data.digest,
                },
                {"start": one.start.file},
                {"source": self._source},
            )
            for one in trainings
        ]
        found = self._where.make(pieces, "points")
        Store().trim("points", _MOST_BYTES)
        return found

    def _training(self, start: Any, **changes: Any) -> dict[str, Any]:
        from toolkit.train.options import recipe

        options = self._options
        how = {**options.training.changes, "seed": options.data.seed, **changes}
        return recipe(options.data.dataset, start, **how).to_json()

    @property
    def _source(self) -> dict[str, Any]:
        data = self._options.data
        height, width = data.image_size, data.image_width or data.image_size
        return {
            "name": data.dataset,
            "seed": data.seed,
            "data_dir": None if data.data_dir is None else str(data.data_dir.absolute()),
            "data_path": None if data.data_path is None else str(data.data_path.absolute()),
            "size": None if height is None else [height, width],
            "colour": data.colour,
        }

    def _starts(self, given: bytes | None) -> list[Start]:
        """Return the weights to begin with: those given, those that ship, or else float ones."""
        from hw_models import shipped
        from toolkit.explore.search.evaluate import FLOAT_FILE, trained_float
        from toolkit.explore.search.study import Start
        from toolkit.train.checkpoint import Checkpoint

        network = self._options.network
        if given is not None:
            key = hashlib.sha256(given).hexdigest()
            kept = Store().get("weights", key, lambda to: (to / FLOAT_FILE).write_bytes(given))
            return [Start("the module's own weights", kept / FLOAT_FILE, None)]
        if network.weights is not None:
            return [Start("the weights given", network.weights, None)]
        if network.checkpoint is not None:
            checkpoint = Checkpoint.read(network.checkpoint)
            checkpoint.require(self._spec)
            return [Start("the checkpoint given", network.checkpoint, checkpoint.quant)]
        there = shipped.trained_on(self._spec, self._data.digest)
        if there:
            return [Start(f"the shipped checkpoint {quant.key()}", file, quant) for quant, file in there]
        piece = Piece(
            trained_float,
            {
                "network": describe_network(self._spec),
                "training": self._training("random"),
                "data": self._data.digest,
            },
            apart={"source": self._source},
        )
        return [Start("the float network", self._where.make([piece], "float")[0] / FLOAT_FILE, None)]


def _folder(options: Options, out: Path | None) -> Path:
    """Return the folder of the result, which may hold an earlier search and nothing else."""
    folder = out or Path("runs", f"{options.network.model}-{options.data.dataset}-explore")
    require_folder(folder)
    if exists(folder) and any(folder.iterdir()) and not Exploration.exists(folder):
        expected = f"a new or empty folder, or one with {Exploration.FILE}"
        raise BadOption(f"--out {folder}", expected=expected, found="other files")
    Store().require()
    return folder


def _write(folder: Path, found: Exploration, made: Mapping[int, Path], options: Options) -> None:
    """Write points, picture and result, in place of those of an earlier search."""
    from toolkit.report.exploration import write_pareto
    from toolkit.train.checkpoint import Checkpoint

    folder.mkdir(parents=True, exist_ok=True)
    if (before := Exploration.find(folder)) is not None:
        for point in before.points:
            if is_folder(folder / str(point.number)):
                shutil.rmtree(folder / str(point.number))
    for point in found.points:
        if point.number in made and point.epochs == found.epochs:
            (own := folder / str(point.number)).mkdir(exist_ok=True)
            shutil.copyfile(made[point.number] / Checkpoint.FILE, own / Checkpoint.FILE)
            _build_point(options, point).save(own)
    write_pareto(folder, found)
    found.save(folder)


def _build_point(options: Options, point: Tried) -> BuildPoint:
    """Return the point with all options that differ from their defaults."""
    quant = QuantConfig.from_json(point.quant)
    widths = {name: value for name, value in quant.to_json().items() if name != "overrides"}
    chosen = options.changed(**widths, layer_bits=quant.layer_bits or None)
    usual = Options().model_dump(mode="json")
    values = chosen.model_dump(mode="json")
    return BuildPoint(
        options={
            name: value
            for group in _OF_POINTS
            for name, value in values[group].items()
            if name not in _ELSEWHERE
            and (value != usual[group][name] or name in ("model", "dataset", "target"))
        }
    )
