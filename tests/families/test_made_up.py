"""A family, a link and a board that are added by adding files: nothing else knows them."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chip import toy
from tests.conftest import Compiled
from toolkit import boards, families, links
from toolkit.chip.build import build_system
from toolkit.compile.folding.chip import fold_chip
from toolkit.compile.pipeline import list_candidates
from toolkit.core.errors import BadOption
from toolkit.core.topology import Part
from toolkit.flow import session
from toolkit.implement.clocks import clock_of, offered

FAMILY = '''
"""Made up: as the ECP5, with estimates and a clock of its own."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from toolkit.families.ecp5.toolchain import Ecp5Toolchain
from toolkit.families.estimator import Estimator
from toolkit.families.family import Family
from toolkit.families.resources import ResourceName, ResourceNames, Resources


@dataclass(frozen=True)
class Clock:
    input_mhz: float
    exact_mhz: Fraction

    @property
    def mhz(self):
        return float(self.exact_mhz)


class Tools(Ecp5Toolchain):
    title = "wishes"
    section = "wish"
    folder = Path(__file__).parent
    luts, margin = 500, 0.0

    def clocks(self, oscillator_mhz):
        return tuple(Clock(oscillator_mhz, Fraction(mhz)) for mhz in (7, 10, 20))


class Guess(Estimator):
    variants = ("dsp", "lut")

    def estimate(self, op, kind, model, part):
        return Resources(lut=1, dsp=int(kind == "mvau"))


class Wish(Family):
    parts = ("WISH",)
    names = ResourceNames(*(ResourceName(f"key{n}", f"short{n}", f"long{n}") for n in range(4)))
    estimator = Guess()
    toolchains = {"wishes": Tools()}


FAMILY = Wish()
'''

CLOCK = """\
  // A wish of {{ clock.mhz }} MHz.
  wish_clock clock (.clk(clk), .clk_sys(clk_sys), .locked(locked));
"""

LINK = '''
"""Made up: two wires of its own."""

from pathlib import Path

from toolkit.families.resources import Resources
from toolkit.links.link import ChipSide, Link, LinkTop


class Wires(ChipSide):
    takes = Resources(lut=40, bram=2)
    pins = {"hear": "input", "say": "output"}
    blocks = (Path(__file__).parent / "wish_link.sv",)
    folder = Path(__file__).parent
    slots = 3
    medium, rate = "pair of wires", "9 bit/s"

    def works_at(self, mhz):
        return mhz >= 10

    def top(self, stages, clock, slots):
        return LinkTop({"PACE": 5}, {"greeting": "hello"})

    def times(self, stages, cycles, mhz):
        return ()

    def simulated(self, design, parameters, **options):
        raise NotImplementedError


class WishLink(Link):
    scheme, address = "wish", "NAME"
    chip = Wires()

    def open(self, address, stages, options=None):
        return address, stages, options


LINK = WishLink()
'''

TOP = """\
// {{ greeting }}
module offramp_top #(parameter PACE = {{ pace }}) (input logic clk, hear, output logic say);
{% include "clock.sv.j2" %}
{% include "reset.sv.j2" %}
{% include "signals.sv.j2" %}
  wish_link #(.SLOTS({{ slots }})) link (.*);
{% include "stages.sv.j2" %}
endmodule
"""

BOARD = """\
name = "dream"
title = "dream board"
part = "WISH-1"
family = "wish"

[resources]
lut = 1000
ff = 1000
bram18 = 20
dsp = 30
source = "made up"
verified = false

[clock_mhz]
value = 10.0
low = 10.0
high = 10.0
unit = "MHz"
source = "made up"
verified = false

[wish]
link = "wires"
device = "LFE5U-12F"
package = "none"
speed = 6
source = "made up"
verified = false

[wish.clock]
site = "A1"
io_type = "LVCMOS33"
mhz = 5.0

[wish.pins.hear]
site = "A2"
io_type = "LVCMOS33"

[wish.pins.say]
site = "A3"
io_type = "LVCMOS33"
"""


@pytest.fixture
def dream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[boards.Board]:
    """The board, its family and its link, each in a folder of its own."""
    files = {
        "families/wish/__init__.py": FAMILY,
        "families/wish/clock.sv.j2": CLOCK,
        "links/wires/__init__.py": LINK,
        "links/wires/top.sv.j2": TOP,
        "links/wires/wish_link.sv": "module wish_link; endmodule\n",
        "boards/dream.toml": BOARD,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text))
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path / "families")])
    monkeypatch.setattr(links, "__path__", [*links.__path__, str(tmp_path / "links")])
    yield boards.board("dream", tmp_path / "boards")
    _forget()


def _forget() -> None:
    """Let the family be read from its file again."""
    sys.modules.pop("toolkit.families.wish", None)
    sys.modules["toolkit.boards.board"]._kind.cache_clear()


def test_the_board_is_a_target(dream: boards.Board, tmp_path: Path) -> None:
    known = boards.targets(tmp_path / "boards")
    assert known["dream"] == "a bitstream for the dream board, made by wishes"
    assert families.of_part("WISH-1") is families.family("wish")
    assert [clock.mhz for clock in offered(dream)] == [10, 20], "the link does not work at 7 MHz"


def test_tools_are_a_choice(dream: boards.Board, tmp_path: Path) -> None:
    """A second toolchain of the family, with a table of its own in the board's file."""
    source = tmp_path / "families" / "wish" / "__init__.py"
    more = "class More(Tools):\n    title, section, luts = 'hopes', 'hope', 700\n\n\nclass Wish("
    text = FAMILY.replace("class Wish(", more).replace(
        '"wishes": Tools()', '"wishes": Tools(), "hopes": More()'
    )
    source.write_text(text)
    _forget()
    file = tmp_path / "boards" / "dream.toml"
    table = file.read_text()[file.read_text().index("[wish]") :].replace("[wish", "[hope")
    file.write_text(f"{file.read_text()}\n{table.replace('mhz = 5.0', 'mhz = 4.0')}")

    known = {name: boards.board("dream", file.parent, tools=name) for name in ("wishes", "hopes")}
    assert [on.toolchain.luts for on in known.values()] == [500, 700]
    assert [on.table.oscillator_mhz for on in known.values()] == [5, 4]
    assert boards.board("dream", file.parent).tools == "wishes"
    assert boards.targets(file.parent)["dream"].endswith("made by wishes or hopes")
    with pytest.raises(BadOption, match="--tools for dream; expected wishes or hopes; found open"):
        boards.board("dream", file.parent, tools="open")


def test_candidates_get_the_familys_estimates(dream: boards.Board, tiny: Compiled) -> None:
    (graph,) = (graph for part, graph in tiny.graphs.segments.items() if part == Part.named("trunk1"))
    units = list_candidates(graph, dream)
    assert {option.resources.lut for unit in units for option in unit.candidates} <= {1, 2}
    products = [unit for unit in units if "mvau" in unit.name.lower()]
    assert products
    for unit in products:
        made = [dict(option.attributes[-1])["resType"] for option in unit.candidates]
        assert set(made) == {"dsp", "lut"}
    takes = links.chip_side(dream).takes
    found = fold_chip({Part.named("trunk1"): units}, dream, takes)
    assert found.resources.lut <= dream.toolchain.luts - takes.lut


def test_the_system_is_made_of_the_links_blocks(dream: boards.Board, tmp_path: Path) -> None:
    system = build_system(toy.accelerators(tmp_path), dream, clock_of(dream, 10), tmp_path / "system")
    assert system.parameters == {"PACE": 5}
    assert "blocks/wish_link.sv" in system.sources
    assert not [source for source in system.sources if "uart" in source]
    text = (system.path / "rtl" / f"{system.top}.sv").read_text()
    assert text.startswith("// hello\nmodule offramp_top #(parameter PACE = 5)")
    assert "// A wish of 10.0 MHz." in text
    assert ".SLOTS(3)" in text
    assert "toy_stage1 toy_stage1_part (" in text


def test_the_device_is_found_by_its_scheme(dream: boards.Board) -> None:
    opened = session._device("wish:come-true", (), "soon")
    assert opened == ("come-true", (), "soon")
    known = "pynq:FILE.bit or mmio:ADDRESS or serial:PORT or wish:NAME"
    message = f"--device; expected simulated, {known}; found wash:x"
    with pytest.raises(BadOption, match=message):
        session._device("wash:x", (), None)
