"""Converts Matplotlib figures to SVG or PNG in the page's colours; equal figures give equal bytes.

Figures are drawn in the colours of :data:`INK`, which are replaced by variables of the page's style: so one
figure serves a light page, a dark page and paper.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import matplotlib
import matplotlib.colors
from markupsafe import Markup
from matplotlib.figure import Figure

from toolkit.report.hover import PlotPoint, points

INK = {
    "ink": "#010101",
    "muted": "#020202",
    "line": "#030303",
    "accent": "#040404",
    "card": "#060606",
    **{f"s{i}": f"#0505{i:02x}" for i in range(8)},
}
"""Variable of the page's style -> colour that represents it while drawing."""

SMALLEST = 10.0
"""Smallest size of text in a figure, in its own units."""

_COLOURED = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")
_DPI = 110

STYLE = {
    "svg.fonttype": "none",
    "font.size": SMALLEST,
    "legend.fontsize": SMALLEST,
    "text.color": INK["ink"],
    "axes.labelcolor": INK["muted"],
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": INK["line"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": INK["line"],
    "grid.linewidth": 0.6,
    "xtick.color": INK["line"],
    "ytick.color": INK["line"],
    "xtick.labelcolor": INK["muted"],
    "ytick.labelcolor": INK["muted"],
    "legend.facecolor": INK["card"],
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "lines.linewidth": 1.8,
    "figure.constrained_layout.use": True,
}


def to_svg(figure: Figure, name: str, title: str, description: str) -> Markup:
    """Convert a figure to one ``<svg>`` element without external references.

    Args:
        figure: figure drawn under ``matplotlib.rc_context(STYLE)``.
        name: name that is unique on the page; prefix of the ids in the figure.
        title: what the figure is.
        description: what it shows, in words, for readers who cannot see it.
    """
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    box = re.search(r'viewBox="([^"]*)"', text)
    assert box is not None  # Matplotlib always writes one
    text = re.sub(r"^<svg[^>]*>", "", text)
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # This style would apply to the whole page; the page's own style replaces it.
    text = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r">\s+<", "><", text)
    text = re.sub(r"xlink:href=", "href=", text)
    text = re.sub(r"(font: [^;\"]*?px) '[^;\"]*", r"\1 var(--font)", text)
    # A hundredth of a unit is finer than any screen; six decimals would double the size of the page.
    text = re.sub(r' (?:d|x|y|transform)="[^"]*"', _rounded, text)
    for variable, colour in INK.items():
        text = text.replace(colour, f"var(--{variable})")
    return svg_head(name, box[1], title, description, points(figure)) + Markup(_own_ids(text, name))


def to_png(figure: Figure) -> bytes:
    """Convert a figure to a PNG in the colours of a light page; it is in those colours afterwards."""
    colours = {INK[name]: colour for name, colour in _light().items() if name in INK}
    for artist in figure.findobj():
        for name in _COLOURED:
            found = getattr(artist, f"get_{name}", lambda: None)()
            if isinstance(found, str | tuple) and matplotlib.colors.is_color_like(found):
                alpha = matplotlib.colors.to_rgba(found)[3]
                colour = colours.get(matplotlib.colors.to_hex(found))
                if colour is not None:
                    getattr(artist, f"set_{name}")(matplotlib.colors.to_rgba(colour, alpha))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, facecolor=_light()["card"], metadata={"Software": None})
    return buffer.getvalue()


@lru_cache
def _light() -> Mapping[str, str]:
    """Return the page's colours in light, by the names of its variables."""
    style = (Path(__file__).parent / "templates/style.css.j2").read_text(encoding="utf-8")
    first = style[: style.index("@media")]
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})\b", first))


def svg_head(name: str, box: str, title: str, description: str, told: Sequence[PlotPoint] = ()) -> Markup:
    """Return the start of an ``<svg>`` element with title and description for screen readers.

    ``told``: what the page's script shows below the pointer, and by the arrow keys.
    """
    data = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return Markup(
        '<svg viewBox="{box}" role="img" aria-labelledby="{name}-title" aria-describedby="{name}-desc"{told}>'
        '<title id="{name}-title">{title}</title><desc id="{name}-desc">{description}</desc>'
    ).format(
        box=box,
        name=name,
        title=title,
        description=description,
        told=Markup(' tabindex="0" data-points="{}"').format(data) if told else "",
    )


def _rounded(attribute: re.Match[str]) -> str:
    return re.sub(r"(\.\d\d)\d+", r"\1", attribute[0])


def _own_ids(text: str, name: str) -> str:
    """Drop ids without references, and prefix the others with the figure's name."""
    used = set(re.findall(r"url\(#([^)]*)\)|href=\"#([^\"]*)\"", text))
    names = {one or other for one, other in used}
    text = re.sub(
        r' id="([^"]*)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in names else "", text
    )
    text = re.sub(r"url\(#([^)]*)\)", rf"url(#{name}-\1)", text)
    return re.sub(r'href="#([^"]*)"', rf'href="#{name}-\1"', text)
