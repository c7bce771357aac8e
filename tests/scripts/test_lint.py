"""Scripts and Dockerfile pass their linters, and the image's sources reach its build."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "scripts").glob("*.sh"))
DOCKERFILE = ROOT / "Dockerfile.finn"


def lint(program: str, *files: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name(program), *files]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_pass_shellcheck(script: Path) -> None:
    done = lint("shellcheck", script)
    assert done.returncode == 0, done.stdout


def test_the_dockerfile_passes_hadolint(tmp_path: Path) -> None:
    done = lint("hadolint", DOCKERFILE)
    assert done.returncode == 0, done.stdout + done.stderr
    worse = tmp_path / "Dockerfile"
    worse.write_text(DOCKERFILE.read_text() + "RUN cd /tmp && apt-get install nano\n")
    assert lint("hadolint", worse).returncode != 0


def test_what_the_image_copies_is_in_its_context() -> None:
    """``.dockerignore`` leaves all out but what it names."""
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    named = {line[1:] for line in ignored if line.startswith("!")}
    lines = re.findall(r"^COPY (.+)$", DOCKERFILE.read_text(), re.M)
    copied = {source for line in lines for source in line.split()[:-1]}
    assert len(copied) > 5
    for source in copied:
        assert (ROOT / source).exists()
        assert any(source == one or source.startswith(f"{one}/") for one in named), source
    assert named <= copied
