"""What makes a step run again, and what a failing one leaves."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from toolkit.core.errors import ArtifactError, OfframpError, OutputPathError
from toolkit.core.outputs import disk_full
from toolkit.flow import Options, Result, RunDirectory, Step, engine, execute, needed
from toolkit.flow.manifest import Manifest
from toolkit.flow.step import Context
from toolkit.flow.steps import ORDER

Work = Callable[[Context], Mapping[str, Any]]


class Record:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.lines: list[str] = []

    def begin(self, step: Step, why: str) -> None:
        self.begun.append(f"{step.name}: {why}")

    def progress(self, label: str, done: int, total: int) -> None:
        self.lines.append(f"{label} {done}/{total}")

    def line(self, text: str) -> None:
        self.lines.append(text)

    def end(self, step: Step, outcome: str, seconds: float, message: str) -> None:
        self.ended.append(f"{step.name} {outcome}")


def writes(text: str) -> Work:
    def work(context: Context) -> Mapping[str, Any]:
        inputs = [(path / "text").read_text() for path, _ in context.inputs.values()]
        (context.out / "text").write_text("+".join([text, *inputs]))
        (context.out / "run.log").write_text(f"differs every time: {id(context)}")
        return {"length": len(text)}

    return work


def flow(first: str = "a", **changes: Any) -> tuple[Step, Step]:
    return (
        Step("one", "first", writes(first), **changes),
        Step("two", "second", writes("b"), inputs=("one",), options=("frames",)),
    )


def run_flow(
    path: Path, steps: tuple[Step, ...] | None = None, options: Options | None = None
) -> tuple[Record, list[Result]]:
    record = Record()
    with RunDirectory.open(path) as run:
        results = execute(run, steps or flow(), options or Options(), record)
    return record, results


def test_nothing_changed_nothing_runs(tmp_path: Path) -> None:
    first, _ = run_flow(tmp_path / "run")
    assert first.begun == ["one: not run yet", "two: not run yet"]
    assert first.ended == ["one done", "two done"]
    manifest = (tmp_path / "run" / "two" / "manifest.json").read_bytes()
    second, results = run_flow(tmp_path / "run")
    assert second.begun == []
    assert second.ended == ["one up to date", "two up to date"]
    assert [result.outcome for result in results] == ["up to date"] * 2
    assert (tmp_path / "run" / "two" / "manifest.json").read_bytes() == manifest


def test_memory_that_a_step_took_is_in_its_manifest(tmp_path: Path) -> None:
    def greedy(context: Context) -> Mapping[str, Any]:
        held = b"x" * (300 << 20)
        time.sleep(0.4)
        return writes("a")(context) | {"held": len(held)}

    _, results = run_flow(tmp_path / "run", (Step("one", "greedy", greedy), *flow()[1:]))
    greedy_peak, other = (result.manifest.peak_bytes for result in results)
    assert greedy_peak > other + (200 << 20) > 200 << 20


def test_an_option_reruns_the_stage_it_matters_to(tmp_path: Path) -> None:
    run_flow(tmp_path / "run")
    record, _ = run_flow(tmp_path / "run", options=Options.of(frames=5))
    assert record.begun == ["two: changed: frames None -> 5"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"external": lambda options: {"checkpoint": "0" * 64}}, "changed: checkpoint"),
        ({"tools": lambda options: {"verilator": "5.48.0"}}, "changed: verilator None -> 5.48.0"),
        ({"packages": ("numpy",)}, "changed: numpy None -> "),
        ({"code": False}, "changed: code"),
    ],
)
def test_a_changed_recipe_reruns(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    run_flow(tmp_path / "run")
    record, _ = run_flow(tmp_path / "run", flow(**change))
    assert len(record.begun) == 1
    assert record.begun[0].startswith(f"one: {why}")
    assert record.ended == ["one done", "two up to date"], "the same files came out"


def test_changed_code_reruns_all_steps_but_those_it_does_not_count_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = flow()
    training = Step("train", "takes an hour", writes("c"), code=False)
    run_flow(tmp_path / "run", (*steps, training))
    monkeypatch.setattr("toolkit.flow.step.whole_digest", lambda: "0" * 64)
    record, _ = run_flow(tmp_path / "run", (*steps, training))
    assert record.begun == ["one: changed: code", "two: changed: code"]
    assert record.ended[-1] == "train up to date"


def test_of_the_flow_only_training_is_exempt() -> None:
    assert [step.name for step in ORDER if not step.code] == ["train"]


def test_changed_files_rerun_what_reads_them(tmp_path: Path) -> None:
    run_flow(tmp_path / "run")
    record, _ = run_flow(tmp_path / "run", flow("A", tools=lambda options: {"x": "2"}))
    assert record.begun == ["one: changed: x None -> 2", "two: changed: one"]
    assert (tmp_path / "run" / "two" / "text").read_text() == "b+A"


@pytest.mark.parametrize("damage", ["changed", "missing", "added"])
def test_damaged_files_are_made_again(tmp_path: Path, damage: str) -> None:
    run_flow(tmp_path / "run")
    folder = tmp_path / "run" / "one"
    if damage == "missing":
        (folder / "text").unlink()
    else:
        (folder / ("text" if damage == "changed" else "new")).write_text("not what was written")
    name = "new" if damage == "added" else "text"
    record, _ = run_flow(tmp_path / "run")
    assert record.begun == [f"one: damaged: {name} {'was ' if damage != 'missing' else 'is '}{damage}"]
    assert (folder / "text").read_text() == "a"


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1}', '{"schema": 2, "step": "one"}'])
def test_a_damaged_manifest_is_no_manifest(tmp_path: Path, text: str) -> None:
    run_flow(tmp_path / "run")
    (tmp_path / "run" / "one" / "manifest.json").write_text(text)
    with pytest.raises(ArtifactError):
        Manifest.load(tmp_path / "run" / "one")
    record, _ = run_flow(tmp_path / "run")
    assert record.begun == ["one: not run yet"]


def test_a_manifest_that_was_edited_is_refused(tmp_path: Path) -> None:
    run_flow(tmp_path / "run")
    file = tmp_path / "run" / "one" / "manifest.json"
    value = json.loads(file.read_text())
    value["files"]["text"] = "0" * 64
    file.write_text(json.dumps(value))
    with pytest.raises(ArtifactError, match=r"damaged; expected [0-9a-f]{64}; found [0-9a-f]{64}"):
        Manifest.load(file.parent)


def test_the_manifest_says_what_it_should(tmp_path: Path) -> None:
    _, results = run_flow(tmp_path / "run", options=Options.of(frames=7))
    value = json.loads((tmp_path / "run" / "two" / "manifest.json").read_text())
    assert value["schema"] == 2
    assert value["recipe"]["options"] == {"frames": 7}
    assert value["recipe"]["inputs"] == {"one": results[0].manifest.digest}
    assert set(value["files"]) == {"text", "run.log"}
    assert value["summary"] == {"length": 1}
    assert value["seconds"] >= 0


def broken(error: BaseException) -> Work:
    def work(context: Context) -> Mapping[str, Any]:
        (context.out / "half").write_text("half")
        raise error

    return work


@pytest.mark.parametrize("error", [OfframpError("a mismatch"), RuntimeError("a fault")])
def test_a_failed_stage_keeps_what_it_wrote_and_says_where(tmp_path: Path, error: Exception) -> None:
    record = Record()
    with RunDirectory.open(tmp_path / "run") as run, pytest.raises(type(error), match=str(error)):
        execute(run, (Step("one", "first", broken(error)),), Options(), record)
    assert record.ended == ["one failed"]
    failed = tmp_path / "run" / "one.failed"
    assert record.lines == [f"what one had written is in {failed}"]
    assert (failed / "half").read_text() == "half"
    assert not (tmp_path / "run" / "one").exists()
    again, _ = run_flow(tmp_path / "run")
    assert again.ended == ["one done", "two done"]
    assert not failed.exists()


def fills_the_disk(context: Context) -> Mapping[str, Any]:
    (context.out / "half").write_text("half")
    # A device that answers every write as a full disk does.
    with Path("/dev/full").open("w") as file:
        file.write("x")
    return {}


def wraps_it(context: Context) -> Mapping[str, Any]:
    try:
        return fills_the_disk(context)
    except OSError:
        raise RuntimeError("a library's own words") from None


@pytest.mark.parametrize("work", [fills_the_disk, wraps_it])
def test_a_full_disk_is_said_and_nothing_half_written_stays(tmp_path: Path, work: Work) -> None:
    with RunDirectory.open(tmp_path / "run") as run:
        execute(run, flow()[:1], Options(), Record())
        steps = (flow()[0], Step("two", "second", work, inputs=("one",)))
        with pytest.raises(
            OutputPathError, match=r"the disk of .* is full; found .* MiB free. Free some space"
        ):
            execute(run, steps, Options(), Record())
    left = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert left == [".lock", ".lock.holder", "one", "run.json"]
    record, _ = run_flow(tmp_path / "run")
    assert record.ended == ["one up to date", "two done"]


@pytest.mark.parametrize("smaller", ["run", "store"])
def test_of_two_disks_the_full_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smaller: str
) -> None:
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path / "store"))
    monkeypatch.setattr(engine, "free_bytes", lambda path: 0 if path.name == smaller else 2**40)
    step = Step("one", "first", wraps_it)
    with (
        RunDirectory.open(tmp_path / "run") as run,
        pytest.raises(OutputPathError, match=f"the disk of {tmp_path / smaller} is full"),
    ):
        execute(run, [step], Options(), Record())


def test_a_full_disk_that_is_known_is_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "free_bytes", lambda path: 0)
    step = Step("one", "first", broken(disk_full(tmp_path / "third")))
    with (
        RunDirectory.open(tmp_path / "run") as run,
        pytest.raises(OutputPathError, match=f"the disk of {tmp_path / 'third'} is full"),
    ):
        execute(run, [step], Options(), Record())
    assert not list((tmp_path / "run").glob("one*"))


def test_only_a_step_that_runs_needs_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_flow(tmp_path / "run")
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", "/dev/null")
    record, _ = run_flow(tmp_path / "run")
    assert record.ended == ["one up to date", "two up to date"]
    record = Record()
    with (
        RunDirectory.open(tmp_path / "run") as run,
        pytest.raises(OutputPathError, match="cache folder /dev/null; expected a folder that can be"),
    ):
        execute(run, flow(), Options.of(frames=3), record)
    assert (record.begun, record.ended) == ([], ["one up to date"])


@pytest.mark.parametrize(
    ("outputs", "message"), [((), "step one wrote no files"), (("text",), "step one did not write text")]
)
def test_a_stage_that_wrote_nothing_has_not_succeeded(
    tmp_path: Path, outputs: tuple[str, ...], message: str
) -> None:
    step = Step("one", "idle", lambda context: {}, outputs=outputs)
    with RunDirectory.open(tmp_path / "run") as run, pytest.raises(ArtifactError, match=message):
        execute(run, (step,), Options(), Record())
    assert not (tmp_path / "run" / "one").exists()


def test_needed_takes_what_a_goal_needs_and_no_more() -> None:
    one, two = flow()
    other = dataclasses.replace(one, name="other")
    assert needed((one, other, two), ["two"]) == (one, two)
    assert needed((one, other, two), ["one"]) == (one,)
    with pytest.raises(ValueError, match="step two reads one, which do not come before it"):
        needed((two, one), ["two"])
