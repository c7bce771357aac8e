"""The container's scripts with engines that only write down what they are told. No engine is needed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLAIN = ("bash", "cat", "cksum", "cut", "dirname", "id", "mkdir", "tail")
COPIED = ("Dockerfile.finn", "pyproject.toml", "scripts")

# Writes its arguments down, one a line, each call under its name; answers questions as the variables say.
ENGINE = """#!/bin/bash
{ echo "== ${0##*/}"; printf '%s\\n' "$@"; } >>"$LOG"
case " $* " in
  *" info "*) [ -z "$COMPLAINT" ] || { echo "$COMPLAINT" >&2; exit 1; }; echo "$INFO" ;;
  *" image inspect "*) [ -n "$IMAGE" ] ;;
  *" run "* | exec*) exit "${STATUS:-0}" ;;
esac
"""


class Host:
    """A copy of the project in a folder of its own, and a PATH with engines that are stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "my project"
        self.root.mkdir()
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.root / name)
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in PLAIN:
            (self.bin / name).symlink_to(shutil.which(name) or "")
        for name in ("docker", "podman"):
            self.program(name)
        self.build = folder / "build dir"
        self.work = folder / "work"
        self.work.mkdir()
        self.log = folder / "log"

    def program(self, name: str, text: str = ENGINE) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def call(
        self, *arguments: str, script: str = "container.sh", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        command = [str(self.root / "scripts" / script), *arguments]
        fixed = {"PATH": str(self.bin), "LOG": str(self.log), "FINN_HOST_BUILD_DIR": str(self.build)}
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=fixed | variables,
            cwd=self.work,
            stdin=subprocess.DEVNULL,
        )

    def said(self) -> list[list[str]]:
        """The calls of engines, each with the engine's name first."""
        calls = self.log.read_text().split("== ")[1:]
        return [call.splitlines() for call in calls]

    def run(self, *arguments: str, **variables: str) -> list[str]:
        """Return how the engine was told to run the container."""
        done = self.call(*arguments, **variables)
        assert done.returncode == 0, done.stderr
        (call,) = [call for call in self.said() if {"run", "exec"} & {*call}]
        return call

    def refusal(self, *arguments: str, **variables: str) -> str:
        """Return the one line that is said; nothing is run."""
        done = self.call(*arguments, **variables)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert not [call for call in self.said() if {"run", "exec", "build"} & {*call}]
        (line,) = [line for line in done.stderr.splitlines() if "FINN_XILINX_PATH is not set" not in line]
        assert line.startswith("offramp: ")
        return line


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def values(call: list[str], option: str) -> list[str]:
    """What stands behind each ``option``."""
    return [call[place + 1] for place, word in enumerate(call) if word == option]


def test_a_run_by_docker_word_for_word(host: Host) -> None:
    root, build = host.root, host.build
    call = host.run("offramp", "verify", "runs/fcn", IMAGE="yes", FINN_DOCKER_TAG="me/finn:1")
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    mounts = ["/etc/passwd:/etc/passwd:ro", "/etc/group:/etc/group:ro"]
    mounts += [f"{folder}:{folder}" for folder in (root, host.work, build)]
    variables = [f"HOME={build}/home", f"USER={user}", "SHELL=/bin/bash", f"PYTHONPATH={root}"]
    variables += [f"FINN_ROOT={root}", f"FINN_BUILD_DIR={build}"]
    variables += [f"RUFF_CACHE_DIR={build}/ruff", f"MYPY_CACHE_DIR={build}/mypy"]
    variables += [
        f"HYPOTHESIS_STORAGE_DIRECTORY={build}/hypothesis",
        f"PYTEST_ADDOPTS=-o cache_dir={build}/pytest",
    ]
    assert call == [
        *("docker", "run", "--rm", "--init", "-i", "-w", str(host.work)),
        *("--user", f"{os.getuid()}:{os.getgid()}"),
        *(word for mount in mounts for word in ("-v", mount)),
        *(word for variable in variables for word in ("-e", variable)),
        *("me/finn:1", "bash", f"{root}/scripts/container_entry.sh", "offramp", "verify", "runs/fcn"),
    ]
    assert (build / "home").is_dir()


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ([], ["bash"]),
        (["shell"], ["bash"]),
        (["test", "-k", "a b"], ["ROOT/scripts/test.sh", "-k", "a b"]),
        (["quicktest", "-x"], ["ROOT/scripts/test.sh", "-m", "not sim and not slow", "-x"]),
        (
            ["build-bitstream", "b_lenet_fcn", "--out", "a b"],
            ["offramp", "build", "b_lenet_fcn", "--out", "a b"],
        ),
        (["python", "-c", "print('*')"], ["python", "-c", "print('*')"]),
    ],
)
def test_commands(host: Host, arguments: list[str], command: list[str]) -> None:
    command = [word.replace("ROOT", str(host.root)) for word in command]
    call = host.run(*arguments, IMAGE="yes")
    assert call[call.index(f"{host.root}/scripts/container_entry.sh") + 1 :] == command


def test_build_bitstream_has_an_option_for_it(host: Host) -> None:
    done = host.call("--container", "b_lenet_se", "--target", "sim", script="build_bitstream.sh", IMAGE="yes")
    assert done.returncode == 0, done.stderr
    assert host.said()[-1][-5:] == ["offramp", "build", "b_lenet_se", "--target", "sim"]


def test_the_exit_code_is_the_commands(host: Host) -> None:
    assert host.call("offramp", "doctor", IMAGE="yes", STATUS="7").returncode == 7


def test_the_caller_is_the_user_inside(host: Host) -> None:
    own = f"{os.getuid()}:{os.getgid()}"
    podman = {"OFFRAMP_CONTAINER_ENGINE": "podman --log-level=error", "IMAGE": "yes"}
    call = host.run(**podman, INFO="rootless=false")
    assert call[:3] == ["podman", "--log-level=error", "run"]
    assert (values(call, "--user"), "--userns=keep-id" in call) == ([own], False)
    call = host.run(**podman, INFO="rootless=true")
    assert (values(call, "--user"), "--userns=keep-id" in call) == ([own], True)
    # Docker without root: its root is the caller, any other user is nobody.
    assert "--user" not in host.run(IMAGE="yes", INFO="[name=seccomp,profile=builtin name=rootless]")
    call = host.run(IMAGE="yes", FINN_DOCKER_RUN_AS_ROOT="1")
    assert "--user" not in call
    assert "/etc/passwd:/etc/passwd:ro" not in call


def test_the_image_is_made_where_it_is_missing(host: Host) -> None:
    extra = "--build-arg BASE=debian:bookworm"
    host.run(FINN_DOCKER_BUILD_EXTRA=extra)
    _, inspect, build, run = host.said()
    tag = inspect[-1]
    file = f"{host.root}/Dockerfile.finn"
    assert build == ["docker", "build", "-f", file, f"--tag={tag}", *extra.split(), str(host.root)]
    assert tag in run

    host.run(FINN_DOCKER_BUILD_EXTRA=extra, IMAGE="yes")
    assert [call[1] for call in host.said()] == ["info", "image", "run"]
    host.run(FINN_DOCKER_PREBUILT="1", FINN_DOCKER_TAG="theirs:2")
    assert [call[1] for call in host.said()] == ["info", "run"]
    assert host.call("build", FINN_DOCKER_TAG="mine:1").returncode == 0
    assert [call[1] for call in host.said()] == ["info", "build"]
    assert "--tag=mine:1" in host.said()[1]

    with (host.root / "pyproject.toml").open("a") as file_:
        file_.write("# other packages\n")
    tags = {tag, host.run(FINN_DOCKER_BUILD_EXTRA=extra)[-4], host.run()[-4]}
    assert len(tags) == 3, "other packages or another base: another image"


def test_variables_and_folders_of_the_host(host: Host, tmp_path: Path) -> None:
    licence, data, cache = tmp_path / "a.lic", tmp_path / "data", host.build / "cache"
    licence.touch()
    data.mkdir()
    cache.mkdir(parents=True)
    call = host.run(
        IMAGE="yes",
        NUM_DEFAULT_WORKERS="3",
        XILINXD_LICENSE_FILE=f"{licence}:2100@server",
        OFFRAMP_DATA_DIR=str(data),
        OFFRAMP_CACHE_DIR=str(cache),
        FINN_DOCKER_EXTRA="--network host  -e A=b ",
    )
    variables, mounts = values(call, "-e"), values(call, "-v")
    assert {"NUM_DEFAULT_WORKERS=3", "OFFRAMP_JOBS=3", f"XILINXD_LICENSE_FILE={licence}:2100@server"} <= {
        *variables
    }
    assert {f"OFFRAMP_DATA_DIR={data}", f"OFFRAMP_CACHE_DIR={cache}"} <= {*variables}
    assert {f"{licence}:{licence}:ro", f"{data}:{data}"} <= {*mounts}
    assert f"{cache}:{cache}" not in mounts, "it lies in a folder that is mounted"
    image = next(place for place, word in enumerate(call) if word.startswith("offramp/finn:"))
    assert call[image - 4 : image] == ["--network", "host", "-e", "A=b"], "last, so that they win"
    assert "OFFRAMP_JOBS=2" in host.run(IMAGE="yes", NUM_DEFAULT_WORKERS="3", OFFRAMP_JOBS="2")


@pytest.mark.parametrize("folders", ["{tool}/{version}", "{version}/{tool}"])
def test_vivado_is_mounted(host: Host, tmp_path: Path, folders: str) -> None:
    xilinx = tmp_path / "Xilinx"
    places = {
        tool: xilinx / folders.format(tool=tool, version="2025.1")
        for tool in ("Vivado", "Vitis", "Vitis_HLS")
    }
    for tool in ("Vivado", "Vitis"):
        places[tool].mkdir(parents=True)
    call = host.run(IMAGE="yes", FINN_XILINX_PATH=str(xilinx), FINN_XILINX_VERSION="2025.1")
    assert f"{xilinx}:{xilinx}:ro" in values(call, "-v")
    variables = values(call, "-e")
    assert {f"VIVADO_PATH={places['Vivado']}", f"XILINX_VIVADO={places['Vivado']}"} <= {*variables}
    assert f"VITIS_PATH={places['Vitis']}" in variables
    assert not [one for one in variables if one.startswith("HLS_PATH=")]
    assert {f"FINN_XILINX_PATH={xilinx}", "FINN_XILINX_VERSION=2025.1"} <= {*variables}
    assert "LD_PRELOAD=/lib/x86_64-linux-gnu/libudev.so.1" in variables


def test_without_vivado_it_works_and_says_so(host: Host) -> None:
    done = host.call("offramp", "doctor", IMAGE="yes")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "no Vivado in the container (FINN_XILINX_PATH is not set)" in done.stderr
    assert not [
        one for one in values(host.said()[-1], "-e") if one.startswith(("VIVADO", "XILINX", "LD_PRELOAD"))
    ]


def test_a_wrong_vivado_is_refused(host: Host, tmp_path: Path) -> None:
    xilinx = tmp_path / "Xilinx"
    path = {"FINN_XILINX_PATH": str(xilinx), "IMAGE": "yes"}
    assert "FINN_XILINX_VERSION has to name the version" in host.refusal(**path)
    path["FINN_XILINX_VERSION"] = "2024.2"
    assert f"FINN_XILINX_PATH is {xilinx}, which is no folder" in host.refusal(**path)
    xilinx.mkdir()
    for there in ("none", "Vivado/2022.1", "Vivado/2022.1 2025.1/Vivado"):
        if there != "none":
            (xilinx / there.split()[-1]).mkdir(parents=True)
        line = host.refusal(**path)
        assert line.endswith(f"no Vivado 2024.2 in {xilinx} (FINN_XILINX_PATH); there is: {there}")


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_the_engine_that_works_is_taken(host: Host, engine: str) -> None:
    other = "docker" if engine == "podman" else "podman"
    (host.bin / other).unlink()
    assert host.run(IMAGE="yes")[0] == engine
    host.program(other, "#!/bin/bash\necho not today >&2; exit 1\n")
    assert host.run(IMAGE="yes")[0] == engine


def test_no_engine_is_said(host: Host) -> None:
    denied = (
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"
    )
    (host.bin / "podman").unlink()
    line = host.refusal("test", COMPLAINT=denied)
    assert f"docker does not work here: {denied}; 'sudo usermod -aG docker USER'" in line
    line = host.refusal(
        "build", COMPLAINT="Cannot connect to the Docker daemon. Is the docker daemon running?"
    )
    assert line.endswith(
        "docker does not work here: Cannot connect to the Docker daemon. Is the docker daemon running?"
    )
    assert "OFFRAMP_CONTAINER_ENGINE is nerdctl, which is no program" in host.refusal(
        OFFRAMP_CONTAINER_ENGINE="nerdctl -n x"
    )
    (host.bin / "docker").unlink()
    assert "no container engine; install docker or podman" in host.refusal("shell")
    assert "singularity is not installed" in host.refusal(FINN_SINGULARITY="finn.sif")


def test_what_cannot_be_used_is_refused(host: Host, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    in_a_file = str(tmp_path / "file" / "build")
    assert f"{in_a_file} cannot be written to" in host.refusal(FINN_HOST_BUILD_DIR=in_a_file)
    assert "OFFRAMP_DATA_DIR is /nowhere, which is no folder" in host.refusal(OFFRAMP_DATA_DIR="/nowhere")
    assert "has a colon in its name" in host.refusal(FINN_HOST_BUILD_DIR=str(tmp_path / "a:b"))
    assert "/usr cannot be shared: the container has its own" in host.refusal(OFFRAMP_DATA_DIR="/usr")
    assert "--verbose is no command" in host.refusal("--verbose")
    for arguments in (
        ["build-bitstream", "--out", "/elsewhere/run"],
        ["offramp", "verify", "--out=/elsewhere/run"],
    ):
        line = host.refusal(*arguments, IMAGE="yes")
        assert "the container does not see /elsewhere/run; share its folder by FINN_DOCKER_EXTRA" in line
    extra = {"FINN_DOCKER_EXTRA": "-v /elsewhere:/elsewhere", "IMAGE": "yes"}
    assert host.run("build-bitstream", "--out", "/elsewhere/run", **extra)
    assert host.run("build-bitstream", f"{host.work}/my_net.py:MyNet", IMAGE="yes")


def test_a_dry_run_prints_what_would_be_run(host: Host) -> None:
    done = host.call("--dry-run", "build-bitstream", "--out", "a b*")
    assert (done.returncode, [call[1] for call in host.said()]) == (0, ["info", "image"])
    printed = [shlex.split(line) for line in done.stdout.splitlines()]
    host.call("build-bitstream", "--out", "a b*")
    assert printed == host.said()[2:]
    assert [call[1] for call in printed] == ["build", "run"]


def test_every_variable_is_explained() -> None:
    names = re.compile(r"\b(?:FINN|OFFRAMP|XILINXD|NUM)_[A-Z_]+\b")
    used, page = ((ROOT / file).read_text() for file in ("scripts/container.sh", "docs/container.md"))
    assert {*names.findall(used)} == {*names.findall(page)}


def test_singularity_gets_options_of_its_own(host: Host) -> None:
    host.program("singularity")
    call = host.run(
        "offramp", "doctor", FINN_SINGULARITY="/images/finn.sif", FINN_DOCKER_EXTRA="-e A=b -v /c:/c"
    )
    assert call[:6] == ["singularity", "exec", "--pwd", str(host.work), "--home", f"{host.build}/home"]
    assert {f"FINN_ROOT={host.root}", "A=b"} <= {*values(call, "--env")}
    assert values(call, "-B") == [f"{one}:{one}" for one in (host.root, host.work, host.build)] + ["/c:/c"]
    assert call[-5:] == [
        "/images/finn.sif",
        "bash",
        f"{host.root}/scripts/container_entry.sh",
        "offramp",
        "doctor",
    ]
    assert "unset it to build one" in host.refusal("build", FINN_SINGULARITY="/images/finn.sif")
