"""The points of a search or sweep: from options to data, weights and pieces of work."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_models import NetworkSpec
from hw_models.description import OwnNetwork, describe_network
from hw_models.quant import MAX_BITS, MIN_BITS, QuantConfig
from toolkit.boards import Board
from toolkit.core.artifact import Artifact, sha256_json
from toolkit.core.declaration import Option
from toolkit.core.errors import ArtifactError, BadOption
from toolkit.core.outputs import require_folder
from toolkit.core.paths import exists, is_folder
from toolkit.core.progress import Progress
from toolkit.core.store import Store, scratch
from toolkit.explore.search import BuildPoint, Evaluation, Tried
from toolkit.flow.data import load_data, source_of
from toolkit.flow.groups import ClusterOptions, QuantOptions, TrainingOptions
from toolkit.flow.options import Options
from toolkit.pieces import Piece, map_pieces

if TYPE_CHECKING:
    from toolkit.data import Dataset
    from toolkit.explore.search.space import Variant
    from toolkit.explore.search.study import Made, Start, Training

LEAST_BITS = Option(
    "Fewest bits to try.", name="least_bits", kind=int, low=MIN_BITS, high=MAX_BITS, default=MIN_BITS
)
MOST_BITS = Option(
    "Most bits to try.", name="most_bits", kind=int, low=MIN_BITS, high=MAX_BITS, default=MAX_BITS
)
EPOCHS = 8
"""Epochs of the points that are trained to the end, unless asked for others."""
OPTIONS = (
    *("model", "dataset", "data_dir", "data_path", "image_size", "image_width", "colour", "seed"),
    *("checkpoint", "weights", "weights_unit", "target", "tools", "luts"),
    *QuantOptions.model_fields,
    *ClusterOptions.model_fields,
    *(name for name in TrainingOptions.model_fields if name not in ("train", "mode", "tracker")),
)
"""Options of a run that points have."""
_OF_POINTS = ("network", "quant", "data", "folding", "policy", "implementation")
_ELSEWHERE = {"checkpoint", "weights", "weights_unit", "force", "data_dir", "qonnx", "remote"}
"""Options of these groups that a point does not have."""
_ALWAYS = ("model", "dataset", "target")
"""Options that a point has even if they are the defaults."""
_MOST_BYTES = 2**31
"""Points that are kept for the next time."""


class Points:
    """Makes points of a network.

    Attributes:
        options: options of a run, of which those of network, data, training and target count; as many look-up
            tables as the board has, unless the options name fewer.
        spec: the network.
        board: board that points are folded for.
        data: the dataset.

    Raises:
        BadOption: the target is no board, or the network does not classify.
        DataError: the dataset cannot be loaded, or does not fit the network.
    """

    def __init__(self, options: Options, progress: Progress) -> None:
        from toolkit.data import DatasetInfo
        from toolkit.train.fit import require_fit

        if (board := options.implementation.board) is None:
            raise BadOption("--target of a search", expected="a board, whose resources count", found="sim")
        # All points get the same: what the tools place in minutes grows with a network until it fits.
        luts = options.folding.luts or board.resources.lut
        self.options, self._progress = options.changed(luts=luts), progress
        self.spec = options.network.spec()
        if self.spec.task != "classification":
            raise BadOption("network of a search", expected="one that classifies", found=self.spec.task)
        self.board: Board = board
        self.data: Dataset = load_data(options.data, progress)
        require_fit(self.spec, DatasetInfo.of(self.data))

    @property
    def epochs(self) -> int:
        """Epochs of a point that is trained to the end."""
        return int(self.options.training.changes.get("epochs", EPOCHS))

    @property
    def exit_rate(self) -> float:
        """Share of the frames that leave at each early exit of a point as it is trained."""
        return float(self._training("trained")["exit_rate"])

    def train(self, trainings: Sequence[Training]) -> list[Made]:
        """Make points: train, and find out what each is worth."""
        from toolkit.explore.search.evaluate import trained_point
        from toolkit.explore.search.study import Made

        pieces = [
            Piece(
                trained_point,
                {
                    "network": describe_network(one.variant.network),
                    "quant": one.variant.quant.to_json(),
                    "training": self._training("trained", epochs=one.epochs, float_epochs=0),
                    "data": self.data.digest,
                    **_other_exits(one),
                },
                {"start": one.start.file},
                {"source": source_of(self.options.data)},
            )
            for one in trainings
        ]
        folders = self._made(pieces, "points")
        whole = [not Evaluation.exists(folder) for folder in folders]
        told = [
            self._evaluation(one.variant, folder)
            for one, folder, trained in zip(trainings, folders, whole, strict=True)
            if trained
        ]
        found = iter(self._made(told, "evaluations"))
        made = [
            Made(folder, Evaluation.load(next(found) if trained else folder))
            for folder, trained in zip(folders, whole, strict=True)
        ]
        Store().trim("points", _MOST_BYTES)
        return made

    def _evaluation(self, variant: Variant, trained: Path) -> Piece:
        from toolkit.explore.search.evaluate import evaluated
        from toolkit.train.checkpoint import Checkpoint

        target, most = self.options.implementation, self.options.folding.luts
        inputs = {
            "board": target.target,
            "tools": target.tools,
            "luts": variant.luts or most,
            "most_luts": most,
            "exit_rate": variant.exit_rate,
            "data": self.data.digest,
        }
        return Piece(
            evaluated,
            inputs,
            {"checkpoint": trained / Checkpoint.FILE},
            {"source": source_of(self.options.data)},
        )

    def _training(self, start: Any, **changes: Any) -> dict[str, Any]:
        from toolkit.train.options import recipe

        options = self.options
        how = {**options.training.changes, "seed": options.data.seed, **changes}
        return recipe(options.data.dataset, start, **how).to_json()

    def _made(self, pieces: Sequence[Piece], kind: str) -> list[Path]:
        """Make pieces; returns their folders."""
        return map_pieces(pieces, kind, **dict(self.options.cluster), progress=self._progress)

    def starts(self, given: bytes | None) -> list[Start]:
        """Return the weights to begin with: those given, those that ship, or else float ones."""
        from hw_models import shipped
        from toolkit.explore.search.evaluate import FLOAT_FILE, trained_float
        from toolkit.explore.search.study import Start
        from toolkit.train.checkpoint import Checkpoint

        network = self.options.network
        if given is not None:
            with scratch("weights") as folder:
                (file := folder / FLOAT_FILE).write_bytes(given)
                return [Start("the module's own weights", self._float(file), self.spec, None)]
        if network.weights is not None:
            return [Start("the weights given", self._float(network.weights), self.spec, None)]
        if network.checkpoint is not None:
            checkpoint = Checkpoint.read(network.checkpoint)
            checkpoint.require(self.spec)
            return [Start("the checkpoint given", network.checkpoint, self.spec, checkpoint.quant)]
        there = shipped.trained_on(self.spec, self.data.digest)
        if there:
            name = "the shipped checkpoint"
            return [Start(f"{name} {quant.key()}", file, self.spec, quant) for quant, file in there]
        piece = Piece(
            trained_float,
            {
                "network": describe_network(self.spec),
                "training": self._training("random"),
                "data": self.data.digest,
            },
            apart={"source": source_of(self.options.data)},
        )
        file = self._made([piece], "float")[0] / FLOAT_FILE
        return [Start("the float network", file, self.spec, None)]

    def _float(self, file: Path) -> Path:
        """Return a file with the same weights by our own names, which needs no more to be read."""
        import torch

        from toolkit.explore.search.evaluate import FLOAT_FILE
        from toolkit.train.weights import read_weights

        network = self.options.network
        names = network.own.modules if network.own else None
        found = read_weights(file, self.spec, network.weights_unit, names)
        key = sha256_json(
            [found.to_json(), describe_network(self.spec), None if names is None else dict(names)]
        )

        def make(folder: Path) -> None:
            torch.save(dict(found.state), folder / FLOAT_FILE)

        return Store().get("weights", key, make) / FLOAT_FILE


def _other_exits(training: Training) -> dict[str, Any]:
    """Return what a piece says of a start with other exits; nothing if it has the same."""
    there = training.start.network
    return {} if there == training.variant.network else {"start_network": describe_network(there)}


def folder_of(options: Options, out: Path | None, kind: type[Artifact]) -> Path:
    """Return the folder of a result, which may hold an earlier one and nothing else.

    Args:
        out: folder; None: ``runs/MODEL-DATASET-KIND``.
        kind: class of the result.

    Raises:
        OutputPathError: it cannot be written.
        BadOption: it holds other files.
    """
    usual = f"{options.network.model}-{options.data.dataset}-{Path(kind.FILE).stem}"
    folder = out or Path("runs", usual)
    require_folder(folder)
    if exists(folder) and any(folder.iterdir()) and not kind.exists(folder):
        expected = f"a new or empty folder, or one with {kind.FILE}"
        raise BadOption(f"--out {folder}", expected=expected, found="other files")
    Store().require()
    return folder


def write_points(
    folder: Path, before: Iterable[Tried], points: Iterable[Tried], made: Mapping[int, Path], options: Options
) -> None:
    """Write a folder per point with a checkpoint, in place of those of an earlier result.

    Args:
        folder: folder of the result.
        before: points of the earlier one.
        points: points to write.
        made: folder of each that has a checkpoint, by number.
        options: options that they were made with.
    """
    from toolkit.train.checkpoint import Checkpoint

    folder.mkdir(parents=True, exist_ok=True)
    for point in before:
        if is_folder(own := folder / str(point.number)):
            shutil.rmtree(own)
    for point in points:
        if point.number in made:
            (own := folder / str(point.number)).mkdir(exist_ok=True)
            shutil.copyfile(made[point.number] / Checkpoint.FILE, own / Checkpoint.FILE)
            network = None if point.exits is None else Checkpoint.load(own).network
            _build_point(options, point, network).save(own)


def _build_point(options: Options, point: Tried, network: NetworkSpec | None) -> BuildPoint:
    """Return the point with all options that differ from their defaults.

    Args:
        network: network of the point; None: that of the options.
    """
    quant = QuantConfig.from_json(point.quant)
    widths = {name: value for name, value in quant.to_json().items() if name != "overrides"}
    chosen = options.changed(**widths, layer_bits=quant.layer_bits or None)
    if point.exit_rate is not None and point.figures is not None:
        early = len(point.figures.exit_rates) - 1  # a run is told the share that leaves at any of them
        chosen = chosen.changed(exit_rate=round(1 - (1 - point.exit_rate) ** early, 6))
    if point.luts is not None:
        chosen = chosen.changed(luts=point.luts)
    if network is not None and network != options.network.spec():
        chosen = chosen.changed(model=network.name, description=OwnNetwork(network).to_text())
    usual = Options().model_dump(mode="json")
    values = chosen.model_dump(mode="json")
    return BuildPoint(
        options={
            name: value
            for group in _OF_POINTS
            for name, value in values[group].items()
            if name not in _ELSEWHERE and (value != usual[group][name] or name in _ALWAYS)
        }
    )


def options_of_point(folder: Path) -> dict[str, Any]:
    """Return the options of a run that builds a point, by name.

    Args:
        folder: folder of the point, ``OUT/NUMBER``.

    Raises:
        ArtifactError: there is no such point, or its file is damaged.
    """
    from toolkit.train.checkpoint import Checkpoint

    if not BuildPoint.exists(folder):
        fix = "Points that were trained to the end have a folder each, below --out of explore and sweep."
        expected = f"a folder of a point, with {BuildPoint.FILE}"
        raise ArtifactError(f"--from {folder}", expected=expected, found="none", fix=fix)
    return {**BuildPoint.load(folder).options, "checkpoint": folder / Checkpoint.FILE}
