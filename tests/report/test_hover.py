"""Values below the pointer: they lie where the plot draws them, and a browser shows them."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from matplotlib.axes import Axes

from tests.report.browser import browsed, needs_browser
from toolkit.report.hover import tell
from toolkit.report.page import render
from toolkit.report.plots.common import Panel, near, plot
from toolkit.report.schema import Report
from toolkit.report.side_by_side import compare
from toolkit.report.side_by_side.page import render as render_side_by_side

_POINTS = re.compile(r'<svg [^>]*data-points="([^"]*)"')


def told(page: str) -> list[list[tuple[float, float, str]]]:
    """The points of each drawing."""
    return [[tuple(one) for one in json.loads(html.unescape(found))] for found in _POINTS.findall(page)]


def draw(axes: Axes) -> None:
    axes.plot([1, 2, 3], [0.91, 0.953, 0.97], marker="o", label="validation")
    axes.plot([1, 3], [0.92, 0.93], color="black")
    axes.axhline(0.95, label="limit")
    axes.set_xlabel("epoch")
    near(axes, 0.91, 0.97)


def test_points_lie_on_the_lines_and_say_their_values() -> None:
    page = str(plot("toy", "Toy", [Panel("Accuracy", "a line", draw)], height=3))
    drawn = page.split("<svg")[1:]
    assert len(drawn) == 2  # wide and narrow
    for svg in drawn:
        (points,) = told("<svg" + svg)
        marks = re.findall(
            r'<use href="[^"]*" x="([\d.]+)" y="([\d.]+)"[^>]*clip|<use [^>]*x="([\d.]+)" y="([\d.]+)"', svg
        )
        places = [tuple(map(float, filter(None, one))) for one in marks]
        for x, y, _ in points:
            assert any(abs(x - one[0]) < 0.2 and abs(y - one[1]) < 0.2 for one in places)
        assert [says for *_, says in points] == [
            f"validation: {value}\N{NO-BREAK SPACE}%\nepoch: {epoch}"
            for epoch, value in ((1, "91.00"), (2, "95.30"), (3, "97.00"))
        ]


def test_what_lies_outside_or_too_near_is_left_out() -> None:
    def curve(axes: Axes) -> None:
        (line,) = axes.plot([0, 0.001, 0.5, 1, 2], [0, 0, 1, 2, 3])
        tell(line, ["start", "next", "middle", "end", "outside"])
        tell(axes.bar([0.5], [2]), ["a <bar>"])
        axes.set_xlim(0, 1)

    for points in told(plot("toy", "Toy", [Panel("Toy", "a line", curve)], height=3)):
        assert [says for *_, says in points] == ["start", "middle", "end", "a <bar>"]


def test_every_plot_of_a_page_tells_its_values(report: Report) -> None:
    pages = (render(report), render_side_by_side(compare({"first": report, "second": report})))
    for page in pages:
        plots = re.findall(r'<div class="plot">.*?</div></div>', page, re.DOTALL)
        assert plots
        for one in plots:
            assert one.count("<svg") == len(_POINTS.findall(one))


@needs_browser
@pytest.mark.parametrize("keys", [False, True])
def test_a_browser_shows_them(report: Report, tmp_path: Path, keys: bool) -> None:
    page = render(report)
    at = f"""
      var svg = document.querySelector(".wide svg[data-points]"), [x, y] = JSON.parse(svg.dataset.points)[2];
      var place = new DOMPoint(x + 1, y - 2).matrixTransform(svg.getScreenCTM());
      if ({str(keys).lower()})
        for (var i = 0; i < 3; i++) svg.dispatchEvent(new KeyboardEvent("keydown", {{key: "ArrowRight"}}));
      else svg.dispatchEvent(new PointerEvent("pointermove", {{clientX: place.x, clientY: place.y}}));
    """
    shown = browsed(page.replace("</body>", f"<script>{at}</script></body>"), tmp_path)
    x, y, says = told(page)[0][2]
    (found,) = re.findall(r'<output class="hover"[^>]*>([^<]*)</output>', shown)
    assert html.unescape(found).replace("\n", " ") == says.replace("\n", " ")
    assert f'cx="{x:g}" cy="{y:g}"' in shown
