"""Members of a package that has a folder for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit import links
from toolkit.core.errors import UnknownName
from toolkit.core.plugins import member, members


def test_folders_are_members_and_files_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("wires", "beacon"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"LINK = '{name}'\n")
    (tmp_path / "module.py").write_text("")
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(links, "__path__", [str(tmp_path)])
    assert members("toolkit.links") == ["beacon", "wires"]
    assert member("toolkit.links", "beacon", "LINK", "link") == "beacon"
    with pytest.raises(UnknownName, match=r"link 'beakon'.*beacon"):
        member("toolkit.links", "beakon", "LINK", "link")
