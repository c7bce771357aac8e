"""Every option, by its declaration: numbers have ranges, paths are looked at, and nothing is made in vain."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.odd_names import ODD
from toolkit import cli
from toolkit.cli import run
from toolkit.cli.app import make_app
from toolkit.cli.options import BOTH_BITS, DESCRIPTION, RUN_DIRECTORY
from toolkit.core.declaration import Option
from toolkit.flow.config import read_config
from toolkit.flow.options import DECLARED, POSITIONAL, Options

NUMBERS = [one for one in (*DECLARED.values(), BOTH_BITS) if one.kind in (int, float)]
PATHS = [one for one in (*DECLARED.values(), DESCRIPTION, RUN_DIRECTORY) if one.kind is Path]
INPUTS = [one for one in PATHS if one.exists and one.name not in POSITIONAL]


def limits(one: Option) -> tuple[float, float]:
    low = one.low if one.above is None else one.above
    high = one.high if one.below is None else one.below
    assert low is not None
    assert high is not None
    return low, high


def outside(one: Option) -> list[str]:
    """Texts that are no value of a number."""
    low, high = limits(one)
    if one.kind is int:
        return [f"{int(low) - 1}", f"{int(high) + 1}", "9" * 40, "1e3", "1.0", *NO_NUMBERS]
    below, above = low if one.above is not None else low - 1, high if one.below is not None else 2 * high
    return [f"{below}", f"{above}", "-1", "1e300", "1e999", "9" * 400, *NO_NUMBERS]


NO_NUMBERS = ("nan", "inf", "-inf", "1_0", "٣", "0x3", " 3", "three", "", "-")


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of a command that is refused, after a look that it made nothing."""
    before = sorted(Path.cwd().iterdir())
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("offramp: ")
    assert err.count("\n") == 1
    assert len(err) < 3100
    assert sorted(Path.cwd().iterdir()) == before, "something was made"
    return err


APP = make_app()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cli, "make_app", lambda: APP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("one", NUMBERS, ids=lambda one: one.name)
def test_a_number_has_a_range_that_help_shows(one: Option) -> None:
    low, high = limits(one)
    assert -math.inf < low < high < math.inf
    assert one.range
    assert one.range in one.described


@pytest.mark.parametrize("one", NUMBERS, ids=lambda one: one.name)
def test_a_number_outside_its_range_is_refused_by_name_with_the_range(
    one: Option, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in outside(one):
        command = "validate" if one.group in ("validation", "cluster") else "build"
        line = refused([command, f"{one.flag}={text}"], capsys)
        assert line.startswith(f"offramp: {one.flag}; expected "), line
        assert one.range in line


@pytest.mark.parametrize("one", [one for one in NUMBERS if one is not BOTH_BITS])
def test_a_number_outside_its_range_is_refused_in_a_file(
    one: Option, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in outside(one):
        if text.lstrip("-").isdigit() and text.isascii():
            (here / "run.yaml").write_text(f"{one.group}: {{{one.name}: {text}}}")
            line = refused(["build", "--config", "run.yaml"], capsys)
            assert f"run.yaml: {one.group}.{one.name}; expected " in line
            assert one.range in line


@pytest.mark.parametrize("one", NUMBERS, ids=lambda one: one.name)
def test_the_ends_of_a_range_belong_to_it_unless_it_says_above_or_below(one: Option) -> None:
    low, high = limits(one)
    first = low if one.above is None else math.nextafter(low, high)
    last = high if one.below is None else math.nextafter(high, low)
    for value in (one.kind(first), one.kind(last)):
        one.check(value)
        if one is not BOTH_BITS:
            assert Options.of(**{one.name: value}).value(one.name) == value
        assert one.read(repr(value)) == value


def too_long(here: Path) -> str:
    return "n" * 300


def too_deep(here: Path) -> str:
    return "n/" * 3000


def a_circle(here: Path) -> str:
    (here / "circle").symlink_to("circle")
    return "circle"


def a_dangling_link(here: Path) -> str:
    (here / "dangling").symlink_to("nowhere")
    return "dangling"


def below_a_file(here: Path) -> str:
    (here / "file").touch()
    return "file/below"


def nothing(here: Path) -> str:
    return ""


def missing(here: Path) -> str:
    return "not\nhere '\"\udce9 \x1b[31m"


def a_device(here: Path) -> str:
    return "/dev/null"


NEVER = [nothing, too_long, too_deep, a_circle]
"""Paths at which nothing can be, or be made."""
NOTHING_THERE = [*NEVER, a_dangling_link, below_a_file, missing, a_device]


@pytest.mark.parametrize("place", NOTHING_THERE, ids=lambda place: place.__name__)
@pytest.mark.parametrize("one", INPUTS, ids=lambda one: one.name)
def test_a_path_at_which_nothing_is_is_refused_by_name(
    one: Option, place: Callable[[Path], str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = place(here)
    line = refused(["build", f"{one.flag}={path}"], capsys)
    assert line.startswith(f"offramp: {one.flag}; expected a "), line
    assert "\x1b" not in line
    if one is not DESCRIPTION:
        (here / "run.json").write_text(json.dumps({one.group: {one.name: path}}))
        line = refused(["build", "--config", "run.json"], capsys)
        assert f"run.json: {one.group}.{one.name}; expected a " in line


@pytest.mark.parametrize("one", INPUTS, ids=lambda one: one.name)
def test_a_folder_in_the_place_of_a_file_and_the_other_way_round(
    one: Option, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "file").touch()
    (here / "folder").mkdir()
    wrong = {"file": "folder", "folder": "file"}.get(one.exists)
    if wrong is None:
        return  # either may be there
    line = refused(["build", one.flag, wrong], capsys)
    assert (
        line == f"offramp: {one.flag}; expected a {one.exists}; found {wrong}, which is not a {one.exists}\n"
    )


@pytest.mark.parametrize("name", ODD, ids=ascii)
@pytest.mark.parametrize("one", [one for one in INPUTS if one is not DESCRIPTION], ids=lambda one: one.name)
@pytest.mark.parametrize("link", [False, True], ids=["itself", "link"])
def test_a_file_with_an_odd_name_is_taken_and_recorded(
    one: Option, name: str, link: bool, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = here / ("target" if link else name)
    target.touch() if one.exists == "file" else target.mkdir()
    if link:
        (here / name).symlink_to("target")
    more = ["--dataset=imagefolder"] if one.name == "data_path" else []
    assert run(["config", f"{one.flag}={here / name}", *more]) == 0
    out = capsys.readouterr().out
    Path("run.yaml").write_bytes(out.encode())
    assert read_config(Path("run.yaml"))[one.name] == here / name


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_a_configuration_with_an_odd_name_is_read(
    name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / name).write_text("simulation: {frames: 3}")
    assert run(["config", f"--config={name}"]) == 0
    assert "  frames: 3\n" in capsys.readouterr().out


def a_quote(here: Path) -> str:
    return 'a"b/run'


def a_line_break(here: Path) -> str:
    return "a\nb"


NEVER_MADE = [*NEVER, a_dangling_link, below_a_file, a_device]
OUTPUTS = [["build", "--out"], ["report", "one", "two", "--out"], ["waveform", "run", "--file"]]


@pytest.mark.parametrize("place", NEVER_MADE, ids=lambda one: one.__name__)
@pytest.mark.parametrize("command", OUTPUTS, ids=lambda words: words[0])
def test_an_output_that_cannot_be_made_is_refused_by_name(
    command: list[str], place: Callable[[Path], str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = place(here)
    line = refused([*command[:-1], f"{command[-1]}={path}"], capsys)
    assert command[-1] in line


@pytest.mark.parametrize("file", ["missing/x.fst", "folder.fst", "/dev/full/x.vcd"])
def test_a_waveform_that_cannot_be_written_is_refused_before_anything_is_simulated(
    file: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "folder.fst").mkdir()
    assert f"output path {file}" in refused(["waveform", "run", "--frames=1", "--file", file], capsys)


@pytest.mark.parametrize(
    "option", ["--path=-1", "--path=1001", "--frames=0", "--frames=1001", "--frames=1_0"]
)
def test_numbers_of_a_waveform_have_ranges(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(["waveform", "run", option], capsys)
    assert line.startswith(f"offramp: {option.partition('=')[0]}; expected ")
    assert " to 1,000; found " in line


@pytest.mark.parametrize("device", ["pynq:", "pynq", "serial:", "", "tpu:1"])
def test_a_device_that_cannot_be_is_refused_before_anything_is_read(
    device: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(["classify", "run", "image.png", f"--device={device}"], capsys)
    assert line.startswith("offramp: --device; expected ")


def test_only_a_simulated_device_needs_the_cache(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", "/dev/null")
    assert "cache folder /dev/null" in refused(["classify", "run", "image.png"], capsys)
    line = refused(["classify", "run", "image.png", "--device=serial:/dev/null"], capsys)
    assert "run run; expected a finished step compose" in line


@pytest.mark.parametrize("place", [a_quote, a_line_break], ids=lambda one: one.__name__)
def test_a_run_directory_that_programs_would_not_find_again_is_refused(
    place: Callable[[Path], str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(["build", f"--out={place(here)}"], capsys)
    assert "expected no double quotes, line breaks or other control characters" in line
    assert "--out" in line


@pytest.mark.parametrize("text", ["", "n" * 300, "a/" * 3000, "no\nsuch \udce9\x1b[31m"], ids=ascii)
@pytest.mark.parametrize(
    "command", ["build", "config", "classify", "waveform", "report", "boards", "load", "selftest"]
)
def test_a_run_that_is_none_is_refused(command: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    more = {"classify": ["image.png"], "selftest": ["--device=serial:x"]}.get(command, [])
    line = refused([command, text, *more], capsys)
    assert "\x1b" not in line
