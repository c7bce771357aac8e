"""Stand-ins for vivado and ssh: they record how they are called and leave what the real ones would."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.implement.vivado import outputs

VIVADO = """\
import json, os, pathlib, signal, sys
state = json.loads(pathlib.Path({state!r}).read_text())
with open({calls!r}, "a") as calls:
    calls.write(json.dumps(["vivado", *sys.argv[1:]]) + "\\n")
if sys.argv[1:] == ["-version"]:
    print(f"Vivado v{{state['version']}} (64-bit)")
    sys.exit(0)
step = pathlib.Path(sys.argv[-1]).stem
wrong = state["wrong"].get(step, {{}})
for name, text in {{**state["leaves"].get(step, {{}}), **wrong.get("leaves", {{}})}}.items():
    pathlib.Path(name).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(name).write_text(text)
print(wrong.get("says", f"INFO: {{step}}"), flush=True)
if wrong.get("signal"):
    os.kill(os.getpid(), signal.SIGSEGV)
if not wrong.get("code"):
    pathlib.Path("finished").mkdir(exist_ok=True)
    pathlib.Path("finished", step).touch()
sys.exit(wrong.get("code", 0))
"""

SSH = """\
import json, os, pathlib, subprocess, sys
state = json.loads(pathlib.Path({state!r}).read_text())
arguments = sys.argv[1:]
if arguments == ["-V"]:
    print("OpenSSH_9.2p1 Debian", file=sys.stderr)
    sys.exit(0)
with open({calls!r}, "a") as calls:
    calls.write(json.dumps(["ssh", *arguments]) + "\\n")
*options, host, words = arguments
if state["host"] != host:
    print(f"ssh: Could not resolve hostname {{host}}: Name or service not known", file=sys.stderr)
    sys.exit(255)
home = {home!r}
environ = {{**os.environ, "HOME": home, "OFFRAMP_VIVADO": state["remote"]}}
pipe = subprocess.PIPE if "run.sh" in words else None
run = subprocess.Popen(["sh", "-c", words], cwd=home, env=environ, stdout=pipe)
for line in run.stdout or ():
    sys.stdout.buffer.write(line)
    sys.stdout.flush()
    if line.decode().strip() == f"offramp: {{state['closes']}} finished":
        run.kill()
        print("client_loop: send disconnect: Broken pipe", file=sys.stderr)
        sys.exit(255)
sys.exit(run.wait())
"""

GOOD = {
    "reports": {
        "results/utilization.rpt": outputs.utilisation(),
        "results/timing.rpt": outputs.timing(),
        "results/power.rpt": outputs.power(),
        "results/overlay.hwh": "<hardware/>\n",
    },
    "bitstream": {"results/overlay.bit": "bits\n"},
}


@dataclass
class StandIns:
    """``state``: version; what steps leave, and what goes wrong in them; host, after which step it closes."""

    folder: Path
    state: dict[str, Any] = field(default_factory=dict)

    def set(self, **state: Any) -> None:
        self.state |= state
        (self.folder / "state.json").write_text(json.dumps(self.state))

    def calls(self, name: str) -> list[list[str]]:
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        return [call for call in map(json.loads, lines) if call[0] == name]

    @property
    def steps(self) -> list[str]:
        """The steps that Vivado was started for, in order."""
        return [Path(call[-1]).stem for call in self.calls("vivado") if "-source" in call]

    @property
    def vivado(self) -> str:
        return shlex.join([sys.executable, str(self.folder / "vivado.py")])


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    folder = tmp_path / "stand ins"
    (folder / "home").mkdir(parents=True)
    found = StandIns(folder)
    places = {name: str(folder / name) for name in ("calls", "home")} | {"state": str(folder / "state.json")}
    for name, text in (("vivado", VIVADO), ("ssh", SSH)):
        (folder / f"{name}.py").write_text(text.format(**places))
    found.set(version="2024.2", leaves=GOOD, wrong={}, host="me@there", closes="", remote=found.vivado)
    monkeypatch.setenv("OFFRAMP_VIVADO", found.vivado)
    monkeypatch.setenv("OFFRAMP_SSH", shlex.join([sys.executable, str(folder / "ssh.py")]))
    return found
