"""Digests of our sources: every file counts for a run, and for a stored result what its code can reach."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from toolkit.core.sources import PACKAGES, ROOT, code_digest, reached, whole_digest

FOLDERS = sorted(
    str(path.parent.relative_to(ROOT)) for one in PACKAGES for path in (ROOT / one).rglob("__init__.py")
)
"""Every package, and packages in packages."""
KINDS = (
    "toolkit/rtl/offramp_fork.sv",
    "toolkit/verify/hardware.py",
    "toolkit/flow/steps/simulate.py",
    "toolkit/sim/engine/harness.cpp",
    "toolkit/sim/engine/job.h",
    "toolkit/compose/path.sv.j2",
    "toolkit/report/templates/style.css.j2",
    "toolkit/boards/ulx3s-85f.toml",
    "toolkit/compile/rtllib/patches/mvu.toml",
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__", "*.pt"))
    return root


def whole(root: Path) -> str:
    return whole_digest.__wrapped__(root)


def code(module: str, root: Path) -> str:
    return code_digest.__wrapped__(module, root)


def edit(file: Path, more: str) -> str:
    """Append to a file; its text before."""
    before = file.read_text()
    file.write_text(before + more)
    return before


def test_the_digest_is_of_contents_and_not_of_places(copy: Path) -> None:
    assert whole(copy) == whole_digest()
    assert code("toolkit.sim", copy) == code_digest("toolkit.sim")


@pytest.mark.parametrize("name", [*(f"{folder}/__init__.py" for folder in FOLDERS), *KINDS])
def test_an_edit_of_any_file_is_another_digest(copy: Path, name: str) -> None:
    before = whole(copy)
    text = edit(copy / name, "\n")
    assert whole(copy) != before
    (copy / name).write_text(text)
    assert whole(copy) == before


def test_compiled_files_and_checkpoints_do_not_count(copy: Path) -> None:
    before = whole(copy)
    (copy / "toolkit" / "__pycache__").mkdir()
    (copy / "toolkit" / "__pycache__" / "x.pyc").touch()
    (copy / "hw_models" / "checkpoints" / "new.pt").touch()
    assert whole(copy) == before
    (copy / "toolkit" / "new.py").touch()
    assert whole(copy) != before
    (copy / "toolkit" / "new.py").unlink()


@pytest.mark.parametrize(
    ("module", "name", "counts"),
    [
        ("toolkit.sim", "toolkit/sim/pack.py", True),
        ("toolkit.sim", "toolkit/core/process.py", True),
        ("toolkit.sim", "toolkit/report/page.py", False),
        ("toolkit.compile.pipeline", "toolkit/compile/ops/pool.py", True),
        ("toolkit.compile.pipeline", "toolkit/report/page.py", False),
        ("toolkit.compile.pipeline", "toolkit/families/ecp5/estimate.py", True),
        ("toolkit.compile.pipeline", "toolkit/cost/model.py", False),
    ],
)
def test_code_counts_where_it_can_be_reached(copy: Path, module: str, name: str, counts: bool) -> None:
    before = code(module, copy)
    text = edit(copy / name, "\n# a remark\n")
    assert code(module, copy) == before, "a remark changes no result"
    (copy / name).write_text(text + "\nMORE = 1\n")
    assert (code(module, copy) != before) == counts
    (copy / name).write_text(text)


@pytest.mark.parametrize(
    ("module", "name", "counts"),
    [
        ("toolkit.compile.pipeline", "toolkit/rtl/offramp_fork.sv", True),
        ("toolkit.compile.pipeline", "toolkit/compile/segment.sv.j2", True),
        ("toolkit.compile.pipeline", "toolkit/compile/rtllib/patches/mvu.toml", True),
        ("toolkit.compile.pipeline", "toolkit/sim/engine/harness.cpp", False),
        ("toolkit.sim", "toolkit/sim/engine/harness.cpp", True),
        ("toolkit.sim", "toolkit/rtl/offramp_fork.sv", False),  # a simulator's digest has its RTL
    ],
)
def test_other_files_count_with_their_package(copy: Path, module: str, name: str, counts: bool) -> None:
    before = code(module, copy)
    text = edit(copy / name, "\n")
    assert (code(module, copy) != before) == counts
    (copy / name).write_text(text)


def test_docstrings_do_not_count_and_other_texts_do(tmp_path: Path) -> None:
    folder = tmp_path / "toolkit"
    folder.mkdir()
    (folder / "__init__.py").touch()

    def digest(text: str) -> str:
        (folder / "a.py").write_text(text)
        return code("toolkit.a", tmp_path)

    plain = digest("def f():\n    return 'x'\n")
    assert digest('"""Module."""\ndef f():\n    """Do."""\n    return "x"  # so\n') == plain
    assert digest("def f():\n    return 'y'\n") != plain


def test_imports_are_followed_wherever_they_stand(tmp_path: Path) -> None:
    texts = {
        "toolkit/__init__.py": "",
        "toolkit/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from toolkit import types\n"
        "def f():\n    from toolkit.below import b\n",
        "toolkit/below/__init__.py": "import hw_models.c",
        "toolkit/below/b.py": "import numpy",
        "toolkit/types.py": "",
        "toolkit/families/__init__.py": "from toolkit.core.plugins import member",
        "toolkit/families/one/__init__.py": "from toolkit.families.one import parts",
        "toolkit/families/one/parts.py": "",
        "hw_models/__init__.py": "",
        "hw_models/c.py": "import toolkit.a",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    below = {"toolkit.below", "toolkit.below.b"}
    assert set(reached("toolkit.a", tmp_path)) == {"toolkit", "toolkit.a", "hw_models", "hw_models.c"} | below
    (tmp_path / "toolkit/below/b.py").write_text("from toolkit.families import family")
    families = {"toolkit.families", "toolkit.families.one", "toolkit.families.one.parts"}
    assert set(reached("toolkit.a", tmp_path)) >= families, "found by name: any of them may be"
    with pytest.raises(ModuleNotFoundError):
        reached("toolkit.none", tmp_path)
