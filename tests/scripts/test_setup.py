"""Set-up: does its work once, says what is missing, starts over after a kill. With a pretended Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLAIN = ("bash", "sh", "env", "cat", "dirname", "mkdir", "mv", "rm", "find", "cp", "sleep", "chmod")

# A Python that has venv and pip, writes down what it is told, and can be told to hang or fail.
PYTHON = """#!/bin/sh
echo "$@" >>"$LOG"
case "$*" in
  -V) echo "Python $VERSION" ;;
  -c*) case "$VERSION" in 3.1[1234].*) exit 0 ;; esac; exit 1 ;;
  "-m venv"*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; echo "version = $VERSION" >"$3/pyvenv.cfg" ;;
  "-m pip install"*uv) echo '#!/bin/sh
echo "uv links=$UV_FIND_LINKS index=$UV_DEFAULT_INDEX backend=$UV_TORCH_BACKEND $@" >>"$LOG"
[ -z "$HANG" ] || sleep 60
[ -z "$UV_FAILS" ] || exit 1
echo >.venv/bin/offramp; chmod +x .venv/bin/offramp' >.venv/bin/uv; chmod +x .venv/bin/uv ;;
  "-m pip install"*) [ -z "$PIP_FAILS" ] || exit 1; echo >.venv/bin/offramp; chmod +x .venv/bin/offramp ;;
esac
"""


class Project:
    """A copy of the scripts in an empty folder, and a PATH with as little on it as they need."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "my project"
        (self.root / "scripts").mkdir(parents=True)
        for name in ("setup.sh", "build_bitstream.sh", "test.sh"):
            shutil.copy(ROOT / "scripts" / name, self.root / "scripts")
        (self.root / "pyproject.toml").write_text("[project]\n")
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in PLAIN:
            (self.bin / name).symlink_to(shutil.which(name) or "")
        for name in ("g++", "make", "perl"):
            self.program(name, "#!/bin/sh\n")
        self.program("python3", PYTHON)
        self.log = folder / "log"
        self.stamp = self.root / ".venv" / "offramp-setup"

    def program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def environment(self, **extra: str) -> dict[str, str]:
        return {"PATH": str(self.bin), "LOG": str(self.log), "VERSION": "3.12.1", **extra}

    def run(
        self, script: str = "setup.sh", *arguments: str, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        command = [str(self.root / "scripts" / script), *arguments]
        environment = self.environment(**extra)
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd="/")

    def said(self) -> list[str]:
        """What Python, pip and uv were told, but for questions about versions."""
        return [line for line in self.log.read_text().splitlines() if not line.startswith(("-V", "-c"))]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_sets_up_once(project: Project) -> None:
    first = project.run()
    assert first.returncode == 0, first.stderr
    assert "setting up .venv with Python 3.12.1" in first.stderr
    venv, pip, uv = project.said()
    assert (venv, pip) == ("-m venv .venv", "-m pip install --quiet --disable-pip-version-check uv")
    assert uv.endswith("pip install --python .venv/bin/python --editable .[dev] --quiet")
    assert "backend=auto" in uv, "no place of one's own: PyTorch's build is chosen by the machine"
    assert (project.root / ".venv" / "bin" / "offramp").exists()

    started = time.monotonic()
    second = project.run()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert project.said() == []
    assert time.monotonic() - started < 2, "about 0.02 s on an idle machine"


@pytest.mark.parametrize("change", ["pyproject", "moved", "python gone", "command gone"])
def test_a_change_sets_up_again(project: Project, change: str) -> None:
    project.run()
    if change == "pyproject":
        (project.root / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    elif change == "moved":
        project.root = project.root.rename(project.root.with_name("moved"))
    elif change == "python gone":
        (project.root / ".venv" / "bin" / "python").unlink()
    else:
        (project.root / ".venv" / "bin" / "offramp").unlink()
    assert project.run().returncode == 0
    assert project.said()[-1].startswith("uv ")
    assert project.run().stderr == ""


def test_a_killed_set_up_starts_over(project: Project) -> None:
    process = subprocess.Popen(
        [project.root / "scripts" / "setup.sh"],
        env=project.environment(HANG="1"),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not project.log.exists() or "uv links" not in project.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, 9)
    process.wait()
    assert project.stamp.read_text() == "unfinished\n"
    half = project.root / ".venv" / "half-installed"
    half.touch()

    assert project.run().returncode == 0
    assert not half.exists()
    assert project.run().stderr == ""


def test_two_at_once_set_up_once(project: Project) -> None:
    if shutil.which("flock") is None:
        pytest.skip("no flock on this machine: the second would do the work again")
    (project.bin / "flock").symlink_to(shutil.which("flock") or "")
    command = [project.root / "scripts" / "setup.sh"]
    processes = [
        subprocess.Popen(command, env=project.environment(), stderr=subprocess.DEVNULL) for _ in "ab"
    ]
    assert [process.wait() for process in processes] == [0, 0]
    assert sum(line.startswith("uv ") for line in project.said()) == 1


def test_packages_are_looked_for_where_pip_would(project: Project) -> None:
    extra = {"PIP_FIND_LINKS": "/wheels /more", "PIP_INDEX_URL": "https://index.example/simple"}
    project.run(**extra)
    assert project.said()[-1].startswith(
        "uv links=/wheels,/more index=https://index.example/simple backend= "
    )


def test_where_uv_fails_pip_is_tried(project: Project) -> None:
    done = project.run(UV_FAILS="1")
    assert done.returncode == 0, done.stderr
    kinds = [line.split(" links")[0].split(" --")[0] for line in project.said()]
    assert kinds == ["-m venv .venv", "-m pip install", "uv", "uv", "-m pip install"]
    assert project.said()[-1].endswith("--editable .[dev]")
    assert project.run().stderr == ""


def test_packages_that_cannot_be_had_are_said(project: Project) -> None:
    done = project.run(UV_FAILS="1", PIP_FAILS="1")
    assert done.returncode == 2
    assert "the packages could not be installed" in done.stderr
    assert project.stamp.read_text() == "unfinished\n"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("g++", "the C++ compiler is missing. Install it: apt-get install g++ |"),
        ("make", "make is missing. Install it: apt-get install make |"),
        ("perl", "perl is missing. Install it: apt-get install perl |"),
    ],
)
def test_a_missing_program_is_named_with_its_package(project: Project, name: str, words: str) -> None:
    (project.bin / name).unlink()
    done = project.run()
    assert done.returncode == 2
    assert words in done.stderr
    assert not (project.root / ".venv").exists()
    variable = {"g++": "OFFRAMP_CXX", "make": "OFFRAMP_MAKE", "perl": "OFFRAMP_PERL"}[name]
    assert project.run(**{variable: "cat --as-it-were"}).returncode == 0, "one named in the variable will do"


@pytest.mark.parametrize("version", ["3.10.13", "3.15.0", ""])
def test_a_python_of_another_version_is_named(project: Project, version: str) -> None:
    if not version:
        (project.bin / "python3").unlink()
    done = project.run(VERSION=version)
    assert done.returncode == 2
    found = f"Python {version}" if version else "none"
    assert f"needs Python 3.11 to 3.14 with venv; found {found}." in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr


def test_another_python_may_be_named(project: Project) -> None:
    (project.bin / "python3").rename(project.bin / "my-python")
    assert project.run().returncode == 2
    assert project.run(OFFRAMP_PYTHON="my-python").returncode == 0


def test_in_a_container_its_own_environment_is_used(project: Project, tmp_path: Path) -> None:
    venv = tmp_path / "image"
    (venv / "bin").mkdir(parents=True)
    project.program("offramp", '#!/bin/sh\necho "$@"\n')
    (project.bin / "offramp").rename(venv / "bin" / "offramp")
    done = project.run("build_bitstream.sh", "b_lenet_se", OFFRAMP_VENV=str(venv))
    assert (done.returncode, done.stdout, done.stderr) == (0, "build b_lenet_se\n", "")
    assert project.said() == []
    assert not (project.root / ".venv").exists()


def test_build_sets_up_and_passes_its_arguments_on(project: Project) -> None:
    project.run()
    offramp = project.root / ".venv" / "bin" / "offramp"
    offramp.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    assert project.run("build_bitstream.sh").stdout == "<build>"
    done = project.run("build_bitstream.sh", "b_lenet_fcn", "--out", "a b", "--help")
    assert done.stdout == "<build><b_lenet_fcn><--out><a b><--help>"


def test_test_runs_every_check_and_fails_if_one_does(project: Project) -> None:
    project.run()
    tools = project.root / ".venv" / "bin"
    for name in ("ruff", "mypy", "python"):
        (tools / name).write_text(f'#!/bin/sh\necho {name} "$@"\n[ "$FAILS" != "{name} $1" ]\n')
        (tools / name).chmod(0o755)
    lines = ["ruff check .", "ruff format --check .", "mypy", "python -m pytest -k flow"]
    done = project.run("test.sh", "-k", "flow")
    assert (done.returncode, done.stdout.splitlines()) == (0, lines)
    for fails, words in (("ruff format", "ruff format;"), ("mypy ", "mypy;"), ("python -m", "python -m;")):
        done = project.run("test.sh", "-k", "flow", FAILS=fails)
        assert (done.returncode, done.stdout.splitlines()) == (1, lines), "the other checks run all the same"
        assert words in done.stderr
