"""Ranks the places where an exit could sit in a network: from options to data, weights and result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_models.description import describe_network
from toolkit.core.artifact import sha256_json
from toolkit.core.declaration import Option
from toolkit.core.errors import BadOption
from toolkit.core.outputs import require_folder
from toolkit.core.progress import Progress
from toolkit.core.sources import code_digest
from toolkit.core.store import Store, scratch
from toolkit.flow.data import load_data
from toolkit.flow.groups import QuantOptions
from toolkit.flow.options import Options
from toolkit.flow.own import named
from toolkit.flow.resolve import given_path, resolve
from toolkit.flow.rundir import RunDirectory, RunRecord
from toolkit.flow.step import Reporter, Step
from toolkit.flow.study import told

if TYPE_CHECKING:
    from torch import Tensor

    from toolkit.data import Dataset
    from toolkit.explore.places.candidates import CandidatePlaces
    from toolkit.explore.places.result import ExitPlaces, PlaceLogits
    from toolkit.train.phase import Say

    State = Mapping[str, Tensor]

HEAD = Option("Head that is tried: pool, linear or conv.", name="head", kind=str, default="pool")
MAX_LOSS = Option(
    "Points of combined accuracy that leaving early may lose, on the calibration split.",
    name="max_loss",
    kind=float,
    low=0,
    high=100,
    unit="points",
    default=1.0,
)
STEPS = Option("Training steps of each head.", name="steps", kind=int, low=1, high=10**6, default=1000)
_OF_FLOW = ("model", "dataset", "data_dir", "data_path", "image_size", "image_width", "colour", "seed")
_OF_WEIGHTS = ("checkpoint", "weights", "weights_unit", "force", "train", "float_epochs", "device")
_ELSEWHERE = ("checkpoint", "weights", "train", "float_epochs")
"""Options that say that the weights of a run do not count."""
_OF_BITS = tuple(QuantOptions.model_fields)
STUDY = Step(
    "exits",
    "Rank the places of a network where an exit could sit",
    lambda _: {},
    options=(*_OF_FLOW, *_OF_WEIGHTS, *_OF_BITS),
)
"""Declared like a step, for its options and its progress; it is none of the flow."""
_MOST_BYTES = 2**28
"""Backbones and logits that are kept for the next time, each."""


def rank_exits(
    model: object = None,
    *,
    head: str = HEAD.default,
    after: Sequence[str] = (),
    max_loss: float = MAX_LOSS.default,
    steps: int = STEPS.default,
    out: str | Path | None = None,
    progress: bool | Reporter = False,
    **options: Any,
) -> ExitPlaces:
    """Try an exit at every place of a network's backbone and rank them.

    A small head is trained at each place on the frozen float backbone; thresholds and sets are chosen on the
    calibration split, and measured on the test split. Exits that the network has are left out.

    Args:
        model: as for :func:`toolkit.build`. Weights are those of a module, of ``weights`` or ``checkpoint``,
            of a run, or those that ship; without any, or with ``train``, the float backbone is trained.
        head: head to try, of :data:`toolkit.explore.places.candidates.HEADS`.
        after: layers to look behind, by their paths in your module or their names here; by default all.
        max_loss: points of combined accuracy that leaving early may lose, on the calibration split.
        steps: training steps of each head.
        out: folder that receives ``places.json``; None: nothing is written.
        progress: whether to show what happens on standard error, or a receiver of it.
        options: options of data, weights and bits, by the names of the command line.

    Raises:
        UnknownName: a name does not exist; the message suggests the nearest.
        BadOption: a value is out of range, or the network has no place for an exit.
        OfframpError: the data or the weights cannot be read, or do not fit.
    """
    for one, value in ((MAX_LOSS, max_loss), (STEPS, steps)):
        one.check(value)
    folder = None if out is None else given_path(out)
    if folder is not None:
        require_folder(folder)
    name, own = named(model)
    path, chosen = resolve(name, None, options, own=own)
    from toolkit.explore.places.candidates import CandidatePlaces

    modules = None if chosen.network.own is None else chosen.network.own.modules
    candidates = CandidatePlaces.of(chosen.network.spec(), head, after, modules)
    Store().require()
    is_run = name is not None and own is None and RunRecord.exists(Path(name))
    run = RunDirectory(path) if is_run and all(options.get(one) is None for one in _ELSEWHERE) else None
    with told(STUDY, progress, f"{len(candidates.after)} of them") as progressing:
        reporter = progressing.reporter
        study = _Study(chosen, candidates, steps, reporter.progress, reporter.line)
        found = study.result(max_loss, run, None if own is None else own.weights)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            found.save(folder)
        best = found.places[0]
        progressing.message = f"best behind {best.after[0]}, gain {best.gain:.2f} (estimated)"
    return found


class _Study:
    """The parts of one ranking."""

    def __init__(
        self, options: Options, candidates: CandidatePlaces, steps: int, progress: Progress, say: Say
    ) -> None:
        from toolkit.data import DatasetInfo
        from toolkit.train.fit import require_fit

        self._options, self._candidates, self._steps = options, candidates, steps
        self._progress, self._say = progress, say
        self._data: Dataset = load_data(options.data, progress)
        require_fit(options.network.spec(), DatasetInfo.of(self._data))

    def result(self, points: float, run: RunDirectory | None, given: bytes | None) -> ExitPlaces:
        """Return the ranking.

        Args:
            run: run whose checkpoint is taken if there is one.
            given: file of weights that came with the network.
        """
        from toolkit.explore.places.result import ExitPlaces

        state, origin = self._backbone(run, given)
        logits, images = self._logits(state)
        data = self._data
        return ExitPlaces.of(
            self._candidates,
            logits,
            data.calibration,
            data.test,
            points,
            dataset=data.name,
            backbone=origin,
            images=images,
        )

    def _logits(self, state: State) -> tuple[PlaceLogits, int]:
        """Train the heads, or take what an earlier ranking left; the second value: images that they saw."""
        import numpy as np

        from toolkit.core.artifact import write_json
        from toolkit.core.reading import read_json
        from toolkit.explore.places.heads import trained_heads
        from toolkit.explore.places.result import PlaceLogits
        from toolkit.train.checkpoint import weights_digest
        from toolkit.train.logits import exit_logits

        seed, data = self._options.data.seed, self._data

        def make(folder: Path) -> None:
            places = self._candidates
            net, images = trained_heads(
                places.backbone, state, places.network(), data, self._steps, seed, self._progress
            )
            splits = {"calibration": data.calibration, "test": data.test}
            found = {name: np.stack(exit_logits(net, split)) for name, split in splits.items()}
            PlaceLogits(**found).save(folder)
            write_json(folder / "images.json", {"images": images})

        key = {
            "network": describe_network(self._candidates.network()),
            "state": weights_digest({}, state),
            "data": data.digest,
            "steps": self._steps,
            "seed": seed,
            "code": code_digest("toolkit.explore.places.heads"),
        }
        folder = Store().get("places", sha256_json(key), make)
        found = PlaceLogits.load(folder), int(read_json(folder / "images.json")["images"])
        Store().trim("places", _MOST_BYTES)
        return found

    def _backbone(self, run: RunDirectory | None, given: bytes | None) -> tuple[State, str]:
        """Return the float weights of the backbone, and where they come from."""
        from toolkit.explore.places.heads import backbone_state

        found = self._there(run, given)
        if found is None:
            return self._trained(), "trained in float for this"
        state, origin = found
        return backbone_state(self._options.network.spec(), state, self._candidates.backbone), origin

    def _there(self, run: RunDirectory | None, given: bytes | None) -> tuple[State, str] | None:
        """Return weights that need no training, of the network with its exits; None without any."""
        network = self._options.network
        if run is not None and run.manifest("train") is not None:
            from toolkit.train.checkpoint import Checkpoint

            checkpoint = Checkpoint.load(run.result("train"))
            checkpoint.require(network.spec(), self._data.name)
            return checkpoint.build().unquantised(), "the run's checkpoint, unquantised"
        if given is not None:
            with scratch("weights") as folder:
                (file := folder / "weights.pt").write_bytes(given)
                return self._read(file), "the module's own weights"
        if network.weights is not None:
            return self._read(network.weights), "the weights given"
        return None if self._options.training.demanded else self._checkpoint()

    def _read(self, file: Path) -> State:
        from toolkit.train.weights import read_weights

        network, own = self._options.network, self._options.network.own
        return read_weights(file, network.spec(), network.weights_unit, own.modules if own else None).state

    def _checkpoint(self) -> tuple[State, str] | None:
        """Return the weights of a given or a shipped checkpoint, unquantised; None without one."""
        from toolkit.train import source_of

        options, network = self._options, self._options.network
        spec, quant = network.spec(), options.quant.config()
        source = source_of(network.checkpoint, spec, options.data.dataset, quant)
        if source is None:
            return None
        with scratch("checkpoint") as folder:
            checkpoint = source.take(
                folder,
                spec,
                options.data.dataset,
                quant,
                data_digest=self._data.digest,
                seed=options.data.seed,
                force=network.force,
            )
        return checkpoint.build().unquantised(), f"the {source.kind} checkpoint, unquantised"

    def _trained(self) -> State:
        """Train the backbone in float as the recipe of its data says, or take it from an earlier ranking."""
        import torch

        from toolkit.train.checkpoint import read_torch
        from toolkit.train.options import recipe
        from toolkit.train.run import train_float

        options, spec = self._options, self._candidates.backbone
        if options.value("float_epochs") == 0:
            raise BadOption("--float-epochs", expected="1 or more, for a backbone without weights", found=0)
        chosen = recipe(options.data.dataset, seed=options.data.seed, **options.training.changes)

        def make(folder: Path) -> None:
            with scratch("backbone") as work:
                net = train_float(spec, self._data, chosen, work, self._say, self._progress)
            torch.save(net.state_dict(), folder / "backbone.pt")

        key = {
            "network": describe_network(spec),
            "data": self._data.digest,
            "options": chosen.to_json() | {"device": None, "tracker": None},
            "code": code_digest("toolkit.train.run"),
        }
        file = Store().get("backbones", sha256_json(key), make) / "backbone.pt"
        state: State = read_torch(file, f"backbone {file}")
        Store().trim("backbones", _MOST_BYTES)
        return state
