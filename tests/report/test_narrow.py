"""The page on a telephone: tables scroll within themselves, plots are drawn again, text stays readable."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import pytest
from markupsafe import Markup
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from toolkit.report import page, plots
from toolkit.report.cards import cards
from toolkit.report.page import render
from toolkit.report.plots import common
from toolkit.report.schema import Report
from toolkit.report.sections import SECTIONS
from toolkit.report.side_by_side import compare
from toolkit.report.side_by_side import plots as side_by_side_plots
from toolkit.report.side_by_side.page import render as render_side_by_side

TELEPHONE = 390
"""Width in CSS pixels of the screens that a page must be readable on."""
SMALLEST_PX = 11
MOST_BYTES = 800_000
TOUCHING = 3
"""Pixels by which the boxes of two texts may overlap, since boxes are larger than letters."""
TEMPLATES = Path(page.__file__).parent / "templates"


@pytest.fixture(scope="module")
def pages(report: Report) -> Mapping[str, str]:
    runs = {"first": report, "second": report}
    return {"report": render(report), "side by side": render_side_by_side(compare(runs))}


@pytest.fixture(scope="module", params=["report", "side by side"])
def html(request: pytest.FixtureRequest, pages: Mapping[str, str]) -> str:
    return pages[request.param]


def tree(html: str) -> ElementTree.Element:
    """The body, which is well-formed XML apart from line breaks."""
    body = html[html.index("<main>") : html.index("</body>")]
    return ElementTree.fromstring(body.replace("<br>", "<br/>").replace("&nbsp;", " "))


def by_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [one for one in root.iter() if name in one.get("class", "").split()]


def room(html: str) -> float:
    """Width in pixels of what a section holds on a telephone, by the page's own style."""
    narrow = html[html.index("@media screen and (max-width: 640px)") :]
    insides = re.search(r"main \{ padding: \d+px (\d+)px; \} section \{ padding: \d+px (\d+)px; \}", narrow)
    assert insides is not None
    return TELEPHONE - 2 * int(insides[1]) - 2 * int(insides[2]) - 2  # the border


def test_every_table_scrolls_within_itself(html: str) -> None:
    root = tree(html)
    tables, places = list(root.iter("table")), by_class(root, "scroll")
    assert len(tables) == len(places) > 2
    for place in places:
        assert [child.tag for child in place] == ["table"]
        assert (place.get("role"), place.get("tabindex")) == ("region", "0")
        assert place.get("aria-label")
    labels = [place.get("aria-label") for place in places]
    assert len(set(labels)) == len(labels)
    assert re.search(r"\.scroll \{ overflow-x: auto;", html)
    assert "scroll sideways" in html, "a hint"


def test_every_column_and_row_has_a_header(html: str) -> None:
    for cell in tree(html).iter("th"):
        assert cell.get("scope") in ("col", "row")
        assert "".join(cell.itertext()).strip()


@pytest.mark.parametrize("file", sorted(TEMPLATES.glob("*.html.j2")), ids=lambda file: file.name)
def test_templates_write_tables_with_the_macro(file: Path) -> None:
    assert file.read_text(encoding="utf-8").count("<table") == (file.name == "macros.html.j2")


def test_every_plot_is_drawn_for_narrow_screens(html: str) -> None:
    root = tree(html)
    drawn = by_class(root, "plot")
    assert len(drawn) > 1
    for one in drawn:
        wide, narrow = one
        assert (wide.get("class"), narrow.get("class")) == ("wide", "narrow")
        assert len(list(wide.iter("svg"))) == 1
        assert list(narrow.iter("svg"))
    assert len(list(root.iter("svg"))) == sum(len(list(one.iter("svg"))) for one in drawn)
    for rule in (r"\.narrow \{ display: none; \}", r"max-width: 899px\) \{\s+\.wide \{ display: none; \}"):
        assert re.search(rule, html)


def test_no_text_counts_on_panels_side_by_side(html: str) -> None:
    assert not re.search(r"\b(Left|Right):|on the (left|right)\b", html)


def test_every_drawing_is_said_in_words(html: str) -> None:
    for svg in tree(html).iter("svg"):
        assert svg.get("role") == "img"
        title, description = list(svg)[:2]
        assert (title.tag, description.tag) == ("title", "desc")
        assert (svg.get("aria-labelledby"), svg.get("aria-describedby")) == (
            title.get("id"),
            description.get("id"),
        )
        assert title.text
        assert re.search(r"\d", description.text or "")


def test_text_of_narrow_drawings_is_large_enough(html: str) -> None:
    sizes = re.search(r"\.picture \.small \{[^}]*font-size: ([\d.]+)px", html)
    assert sizes is not None
    for place in by_class(tree(html), "narrow"):
        for svg in place.iter("svg"):
            units = float(svg.get("viewBox", "").split()[2])
            for text in svg.iter("text"):
                size = re.search(r"font: (?:bold |\d+ )?([\d.]+)px", text.get("style", "")) or sizes
                assert float(size[1]) * room(html) / units >= SMALLEST_PX, text.text


def test_the_size_of_the_page_is_bounded(html: str) -> None:
    assert len(html.encode()) < MOST_BYTES


def test_each_card_names_its_design(report: Report, pages: Mapping[str, str]) -> None:
    shown = by_class(tree(pages["report"]), "card")
    assert len(shown) == len(cards(report)) == 6
    for card, element in zip(cards(report), shown, strict=True):
        assert element[-1].tag == "small"
        said = " ".join("".join(element[-1].itertext()).split())
        assert "design" in said
        assert said.endswith(card.origin)
    by_words = {card.words: card.design for card in cards(report)}
    gain = next(design for words, design in by_words.items() if "throughput" in words)
    assert gain == "not this run: two designs of at most 165 multipliers on a zc706"


@pytest.fixture(scope="module")
def figures(report: Report) -> dict[str, Figure]:
    """Every figure of both pages, by name, as it is handed to the conversion."""
    found: dict[str, Figure] = {}
    convert = common.to_svg

    def keep(figure: Figure, name: str, title: str, description: str) -> Markup:
        found[name] = figure
        return convert(figure, name, title, description)

    both = compare({"first": report, "second": report})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(common, "to_svg", keep)
        for section in SECTIONS:
            section.plot(report)
        side_by_side_plots.accuracy(both)
        side_by_side_plots.gains(both)
    return found


def drawn(figure: Figure) -> list[tuple[str, Bbox]]:
    """The texts that are drawn, with their extents: not ticks' outside of the limits."""
    texts: list[Text] = []
    draw = Text.draw
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", lambda self, renderer: (texts.append(self), draw(self, renderer)))
        figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    return [(one.get_text(), one.get_window_extent(renderer)) for one in texts if one.get_text().strip()]


def test_no_text_is_cut_off_or_covers_another(figures: dict[str, Figure]) -> None:
    assert len(figures) > 2 * len(plots.__all__)
    for name, figure in figures.items():
        texts = drawn(figure)
        assert len(texts) > 3
        for text, box in texts:
            inside = Bbox.intersection(figure.bbox, box)
            assert inside is not None, f"{name}: {text} is outside"
            assert inside.width >= box.width - 1, f"{name}: {text} is cut off"
            assert inside.height >= box.height - 1, f"{name}: {text} is cut off"
        for (text, box), (other, its) in combinations(texts, 2):
            both = Bbox.intersection(box, its)
            small = both is None or min(both.width, both.height) <= TOUCHING
            assert small, f"{name}: {text!r} covers {other!r}"
