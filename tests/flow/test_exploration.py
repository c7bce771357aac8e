"""A search from Python: points are made once, a run is built from one, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch import nn

import hw_models
import toolkit as offramp
from hw_models import QuantConfig
from hw_models.description import describe_network
from hw_models.quant import read_layer_bits
from tests.explore.search.made_up import FIGURES
from toolkit.boards import board
from toolkit.core.artifact import files_below
from toolkit.core.errors import ArtifactError, BadOption, DoesNotFit, OfframpError, UnknownName
from toolkit.explore.search import BitSweep, BuildPoint, Evaluation, Exploration, evaluate
from toolkit.explore.search.study import Made, Training
from toolkit.flow import points
from toolkit.flow.points import Points, options_of_point
from toolkit.flow.resolve import described, resolve
from toolkit.links import chip_side
from toolkit.pieces import Piece
from toolkit.report.exploration import PARETO, SWEEP
from toolkit.train.checkpoint import Checkpoint

QUICK = {"points": 2, "at_once": 2, "epochs": 0, "float_epochs": 1, "least_bits": 3, "most_bits": 4}


def small() -> nn.Module:
    first, second = nn.Conv2d(1, 2, 5, stride=3), nn.Conv2d(2, 2, 3)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Flatten(), nn.Linear(72, 10))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def contents(folder: Path) -> list[tuple[str, bytes]]:
    return [(name, file.read_bytes()) for name, file in files_below(folder)]


def test_points_are_kept_and_a_run_is_built_from_one(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's own network, mixed widths: float weights are trained once, a second call trains nothing."""
    found = offramp.explore_designs(small, out="first", mixed=True, **QUICK)
    assert Exploration.load(here / "first") == found
    assert {point.start for point in found.points} == {"the float network"}
    for point in found.points:
        assert point.figures is not None
        assert 0 < point.figures.lut < 84_000
        assert point.figures.energy_uj > 0
    too_few = chip_side(board("ulx3s-85f")).takes.lut + 1
    message = r"a search of 1 points; expected one that can be built; found a design within the budget"
    with pytest.raises(DoesNotFit, match=message):
        offramp.explore_designs(small, out="none", mixed=True, luts=too_few, **QUICK | {"points": 1})
    assert not (here / "none").exists()
    monkeypatch.setattr(evaluate, "train", pytest.fail)
    monkeypatch.setattr(evaluate, "train_float", pytest.fail)
    assert offramp.explore_designs(small, out="second", mixed=True, **QUICK) == found
    assert contents(here / "first") == contents(here / "second")
    fewer = offramp.explore_designs(small, out="second", mixed=True, **QUICK | {"points": 1})
    assert Exploration.load(here / "second") == fewer
    assert sorted(path.name for path in (here / "second").iterdir()) == ["0", Exploration.FILE, PARETO]

    best = found.front[-1]
    path, options = resolve(None, None, {}, described(None, Path(f"first/{best.number}")))
    quant = QuantConfig.from_json(best.quant)
    assert options.quant.config() == quant
    assert options.network.spec().name == "small"
    assert options.network.checkpoint == Path(f"first/{best.number}", Checkpoint.FILE)
    assert path.name == f"small-digits-{quant.key()}"
    checkpoint = Checkpoint.read(options.network.checkpoint)
    checkpoint.require(options.network.spec(), "digits", quant)


def test_exits_are_searched_and_a_run_is_built_from_such_a_point(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one place of the backbone, or no early exit, which the float weights are of."""
    asked = QUICK | {"points": 3, "exits": True, "least_exits": 0, "head": ["conv"]}
    found = offramp.explore_designs(small, out="first", **asked)
    assert Exploration.load(here / "first") == found
    words = {point.exits_in_words for point in found.points}
    assert words == {"none", "conv after 1"}
    started: set[object] = set()
    for point in found.points:
        assert point.figures is not None
        assert len(point.figures.exit_rates) == len(point.exits) + 1
        network = Checkpoint.load(here / "first" / str(point.number)).network
        assert network.exits == len(point.exits) + 1
        if point.exits and point.exits not in started:
            assert point.start.startswith("the backbone of ")
            assert point.start.endswith(", with new heads")
        started.add(point.exits)
        _, options = resolve(None, None, {}, described(None, here / f"first/{point.number}"))
        assert options.network.spec() == network
        Checkpoint.read(options.network.checkpoint).require(network, "digits", options.quant.config())
    monkeypatch.setattr(evaluate, "train", pytest.fail)
    assert offramp.explore_designs(small, out="second", **asked) == found
    assert contents(here / "first") == contents(here / "second")


def test_thresholds_and_foldings_are_searched_with_one_training(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = QUICK | {"points": 6, "at_once": 3, "least_bits": 4, "most_bits": 4}
    trained: list[str] = []
    train = evaluate.train
    monkeypatch.setattr(evaluate, "train", lambda *args, **how: trained.append("") or train(*args, **how))
    objective = ("accuracy", "energy", "lut")
    found = offramp.explore_designs(
        "b_lenet_se", objective=objective, thresholds=True, foldings=True, out="first", **asked
    )
    assert len(trained) == 1
    assert len({(point.exit_rate, point.luts) for point in found.points}) == 6
    first = found.points[0]
    assert (first.exit_rate, first.luts) == (0.95, board("ulx3s-85f").resources.lut)
    for point in found.points:
        assert point.figures is not None
        assert point.figures.exit_rates[0] == pytest.approx(point.exit_rate, abs=0.1)
        assert point.figures.lut <= point.luts
    best = found.front[-1]
    _, options = resolve(None, None, {}, described(None, here / f"first/{best.number}"))
    assert (options.policy.exit_rate, options.folding.luts) == (best.exit_rate, best.luts)
    with pytest.raises(BadOption, match="--thresholds; expected a network with early exits; found b_lenet"):
        offramp.explore_designs("b_lenet_se_backbone", thresholds=True)


def test_pieces_of_a_search_without_exits_say_nothing_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has been trained is known by these."""
    found: list[Piece] = []

    def map_pieces(pieces: list[Piece], *_: Any, **__: Any) -> None:
        found.extend(pieces)
        raise KeyboardInterrupt

    monkeypatch.setattr(points, "map_pieces", map_pieces)
    with pytest.raises(KeyboardInterrupt):
        offramp.explore_designs("b_lenet_se", points=1)
    (piece,) = found
    assert sorted(piece.inputs) == ["data", "network", "quant", "training"]
    assert piece.inputs["network"] == describe_network(hw_models.get("b_lenet_se"))
    assert list(piece.files) == ["start"]
    assert list(piece.apart) == ["source"]


def test_a_sweep_is_a_point_per_width_that_starts_from_the_nearest(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search over the same widths has made the points already; here nothing is made at all."""
    made: list[list[Training]] = []

    def train(self: Points, trainings: list[Training]) -> list[Made]:
        made.append(list(trainings))
        found = []
        for bits, _ in enumerate(trainings):
            (folder := here / "made" / str(bits)).mkdir(parents=True)
            (folder / Checkpoint.FILE).touch()
            told = Evaluation(figures=FIGURES if bits else None, refused="" if bits else "no")
            found.append(Made(folder, told))
        return found

    monkeypatch.setattr(Points, "train", train)
    found = offramp.sweep_bits("b_lenet_se", least_bits=3, most_bits=5, epochs=2, out="swept")
    assert BitSweep.load(here / "swept") == found
    assert [(one.variant.quant.key(), one.epochs) for one in made[0]] == [
        ("w3a3", 2),
        ("w4a4", 2),
        ("w5a5", 2),
    ]
    assert {point.start for point in found.points} == {"the shipped checkpoint w4a4"}
    assert [(point.number, point.refused) for point in found.points] == [(3, "no"), (4, ""), (5, "")]
    assert sorted(path.name for path in (here / "swept").iterdir()) == ["4", "5", BitSweep.FILE, SWEEP]
    options = options_of_point(here / "swept/5")
    assert (options["weight_bits"], options["luts"]) == (5, board("ulx3s-85f").resources.lut)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"objective": ["energy"]}, BadOption, "--objective; expected at least two; found energy"),
        ({"objective": ["energy", "enrgy"]}, UnknownName, "unknown objective 'enrgy'"),
        ({"limit": ["energy"]}, BadOption, "--limit; expected NAME=NUMBER"),
        ({"points": 0}, BadOption, "--points; expected 1 to"),
        ({"workers": 0}, BadOption, "--workers; expected 1 to"),
        (
            {"least_bits": 5, "most_bits": 4},
            BadOption,
            "--least-bits; expected at most --most-bits, 4; found 5",
        ),
        ({"most_bits": 9}, BadOption, "--most-bits; expected 2 to 8; found 9"),
        ({"most_exits": 2}, BadOption, "--most-exits; expected --exits beside it; found none"),
        ({"head": ["conv"]}, BadOption, "--head; expected --exits beside it; found none"),
        ({"exits": True, "head": ["cnv"]}, UnknownName, "unknown head 'cnv'"),
        ({"exits": True, "most_exits": 0}, BadOption, "--most-exits; expected 1 to 8; found 0"),
        ({"exits": True, "most_exits": 8}, BadOption, "early exits to try; expected at most 5, .*; found 8"),
        (
            {"exits": True, "least_exits": 2, "most_exits": 1},
            BadOption,
            "--least-exits; expected at most --most-exits, 1; found 2",
        ),
        (
            {"exits": True, "exit_weights": (1.0, 1.0)},
            BadOption,
            "--exit-weights; expected none with --exits",
        ),
        (
            {"exits": True, "model": "autoencoder", "dataset": "hums"},
            BadOption,
            "found one for reconstruction",
        ),
        ({"target": "sim"}, BadOption, "--target of a search; expected a board"),
        ({"model": "autoencoder", "dataset": "hums"}, BadOption, "expected one that classifies"),
        ({"model": "b_lenet_es"}, UnknownName, "unknown model 'b_lenet_es'"),
        ({"layer_bits": "trunk0.conv9=4/4"}, UnknownName, "unknown layer 'trunk0.conv9'"),
    ],
)
def test_what_makes_no_search_is_refused_before_any_work(
    here: Path, given: dict[str, Any], error: type[OfframpError], said: str
) -> None:
    with pytest.raises(error, match=said):
        offramp.explore_designs(**{"model": "b_lenet_se", "out": "here", **given})
    assert not (here / "here").exists()


def test_other_files_are_not_overwritten(here: Path) -> None:
    (here / "mine").mkdir()
    (here / "mine/thesis.txt").touch()
    with pytest.raises(BadOption, match="--out mine; expected a new or empty folder"):
        offramp.explore_designs("b_lenet_se", out="mine")


def test_what_is_no_point_is_refused(here: Path) -> None:
    with pytest.raises(
        ArtifactError, match=r"--from nowhere; expected a folder of a point, with point\.json"
    ):
        options_of_point(here.relative_to(here) / "nowhere")


def test_options_of_a_point_are_those_that_differ(here: Path) -> None:
    BuildPoint(options={"model": "b_lenet_fcn", "dataset": "digits", "weight_bits": 3}).save(here)
    (here / Checkpoint.FILE).touch()
    _, options = resolve(None, None, {"act_bits": 5}, described(None, here))
    assert (options.network.model, options.quant.weight_bits, options.quant.act_bits) == ("b_lenet_fcn", 3, 5)


@pytest.mark.parametrize("text", ["", "a", "a=4", "a=4/4,", "a=4/4,a=3/3", "a=44/4", "a=4/4;b=3/3"])
def test_what_are_no_bits_of_layers_is_refused(text: str) -> None:
    with pytest.raises(BadOption, match="bits of layers; expected LAYER=WEIGHTS/ACTIVATIONS"):
        read_layer_bits(text)


def test_bits_of_layers_come_back() -> None:
    quant = QuantConfig(overrides={"trunk0.conv0": (2, 8), "head0.linear0": (3, 4)})
    assert read_layer_bits(quant.layer_bits) == quant.overrides
