"""Templates: what is missing is an error, and lines are where they were written."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from toolkit.core.templates import environment, render


def test_statements_leave_no_lines(tmp_path: Path) -> None:
    (tmp_path / "a.sv.j2").write_text("{% for n in names %}\n  wire {{ n }};\n{% endfor %}\nend\n")
    assert render(tmp_path / "a.sv.j2", names=["x", "<y>"]) == "  wire x;\n  wire <y>;\nend\n"
    assert environment(tmp_path, html=True).get_template("a.sv.j2").render(names=["<"]) == "  wire &lt;;\nend"


def test_a_missing_value_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.j2").write_text("{{ name }}")
    with pytest.raises(jinja2.UndefinedError, match="'name' is undefined"):
        render(tmp_path / "a.j2")
