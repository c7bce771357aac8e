"""The section on coverage: what was not reached is said, and every mutant that was not found is listed."""

from __future__ import annotations

from toolkit.report.page import render
from toolkit.report.schema import Report


def test_what_is_missing_is_named(report: Report) -> None:
    page = render(report)
    section = page[page.index("What the frames drove") :]
    assert "<b>15</b> of <b>17</b> parts" in section
    assert section.count("<b>1 not reached</b>") == 2
    assert "not out0_V" in section


def test_survivors_are_listed(report: Report) -> None:
    page = render(report)
    assert "missed one</td><td><b>missed</b>" in page
    assert "equal one</td><td>the same from any state" in page
    assert "found one" not in page
    assert "missed one" in render(report.model_copy(update={"coverage": None}))
    without = render(report.model_copy(update={"mutants": None}))
    assert "missed one" not in without
