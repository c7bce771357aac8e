"""``offramp export-finn`` on a run of the tiny network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import Compiled
from tests.flow.manifests import finish
from toolkit.cli.finn import export_finn
from toolkit.core.errors import ArtifactError, BadOption, OutputPathError


@pytest.fixture
def run(tiny: Compiled, tmp_path: Path) -> Path:
    shutil.copytree(tiny.folder / "segments", tmp_path / "run" / "compile")
    (export := tmp_path / "run" / "export").mkdir()
    for graph in (*tiny.graphs.segments.values(), *tiny.graphs.paths):
        shutil.copy(graph.file, export)
    tiny.graphs.save(export)
    finish(tmp_path / "run")
    return tmp_path / "run"


def test_a_folder_for_each_exit_path(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export_finn(run, tmp_path / "finn")
    assert sorted(file.name for file in (tmp_path / "finn").iterdir()) == ["README.txt", "exit0", "exit1"]
    assert [len(list((tmp_path / "finn" / name).iterdir())) for name in ("exit0", "exit1")] == [3, 3]
    assert capsys.readouterr().out.count("finn build build.yaml model.onnx") == 2
    with pytest.raises(OutputPathError, match="expected a new folder"):
        export_finn(run, tmp_path / "finn")


def test_what_cannot_be_exported_leaves_nothing(run: Path, tmp_path: Path) -> None:
    with pytest.raises(BadOption, match="expected a part of AMD's; found LFE5U-85F"):
        export_finn(run, tmp_path / "finn", "LFE5U-85F-6BG381C")
    (file := tmp_path / "file").write_text("")
    with pytest.raises(OutputPathError, match="output path"):
        export_finn(run, file / "finn")
    (run / "export" / "exit1.onnx").write_bytes(b"other")
    with pytest.raises(ArtifactError, match=r"exit1\.onnx"):
        export_finn(run, tmp_path / "finn")
    assert not (tmp_path / "finn").exists()
