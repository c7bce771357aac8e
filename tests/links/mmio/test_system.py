"""A system behind a simulated processor's memory, driven by the program that drives a real one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.chip import toy as systems
from tests.families.xc7.test_fpga_manager import WORDS as WORDS_OF_BIT
from tests.families.xc7.test_fpga_manager import bit
from tests.rtl import accept
from tests.runtime import toy
from tests.runtime.test_contract import DIRECT, FRAMES, POLICY, values
from toolkit.boards import board
from toolkit.chip.board import simulated_board
from toolkit.chip.system import System
from toolkit.core.errors import ArtifactError, BadOption, SimulationError
from toolkit.families.xc7.simulation import OF_RTL
from toolkit.implement.load import load_bitstream
from toolkit.links.mmio import LINK, MemoryOptions
from toolkit.links.mmio.memory import SimulatedMemory
from toolkit.links.mmio.registers import WINDOW, WORDS
from toolkit.links.mmio.simulated import MemoryBoard
from toolkit.links.serial import SerialDevice
from toolkit.runtime import DeviceError, DeviceTimeout, ExitController

LIMIT_S = 60.0
ON = board("pynq-z2-mmio")
OPTIONS = MemoryOptions(reply_s=20.0, retries=1)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> System:
    folder = tmp_path_factory.mktemp("mmio")
    stages = systems.accelerators(folder)
    return systems.build(stages, folder / "system", ON.name)


@pytest.fixture
def chip(system: System, simulators: Path) -> Callable[[], MemoryBoard]:
    def make() -> MemoryBoard:
        found = simulated_board(system, ON, simulators, quick=True)
        assert isinstance(found, MemoryBoard)
        return found

    return make


def device_at(port: str, digest: str, options: MemoryOptions = OPTIONS) -> SerialDevice:
    return SerialDevice.open(port, digest=digest, streams=toy.streams(2), options=options)


@pytest.mark.sim
def test_every_answer_is_exact(system: System, chip: Callable[[], MemoryBoard]) -> None:
    """Frames enough for the rings to go round several times, by two programs one after the other."""
    with chip() as running:
        for _ in range(2):
            with device_at(running.port, system.design_digest) as device:
                assert (device.board.clock_khz, device.board.slots) == (60_000, 8)
                answers = list(ExitController(device, POLICY).classify(FRAMES))
                assert toy.told(answers) == DIRECT
                counters = device.counters()
        last = DIRECT[-1]
        with device_at(running.port, system.design_digest) as device:
            list(ExitController(device, POLICY).classify(FRAMES[-1:]))
        assert running.state().led & 0x7 == last[1] & 0x7
    stay = [line[0] for line in DIRECT if line[2] == 1]
    assert [stage["frames"] for stage in counters["stages"]] == [300, 2 * len(stay)]
    assert {counters[name] for name in ("crc_errors", "overruns", "abandoned", "resent")} == {0}
    assert running.state().written > 5 * 512
    assert running.state().read > 5 * 512


@pytest.mark.sim
def test_a_stage_that_hangs_is_reset_by_the_watchdog(system: System, chip: Callable[[], MemoryBoard]) -> None:
    frames = FRAMES[:4].copy()
    frames[2, 0, 0, 0] = 255
    with chip() as running, device_at(running.port, system.design_digest) as device:
        with pytest.raises(DeviceTimeout, match="before the watchdog"):
            device.run(0, values(frames), LIMIT_S)
        logits = device.run(0, values(frames[:2]), LIMIT_S).logits
        assert np.array_equal(logits, toy.compute(0, values(frames[:2]))[0])


@pytest.mark.sim
def test_a_program_that_was_interrupted(system: System, chip: Callable[[], MemoryBoard]) -> None:
    """What its last access answers is not taken for the answer to another."""
    frames = values(FRAMES[:4])
    with chip() as running:
        interrupted = SimulatedMemory(running.port)
        interrupted._send(b"r", WINDOW, WORDS)
        interrupted.close()
        with device_at(running.port, system.design_digest) as device:
            assert np.array_equal(device.run(0, frames, LIMIT_S).logits, toy.compute(0, frames)[0])


@pytest.mark.sim
def test_another_design(chip: Callable[[], MemoryBoard]) -> None:
    with chip() as running, pytest.raises(ArtifactError, match="design on the board"):
        device_at(running.port, "0" * 64)


@pytest.mark.sim
def test_a_simulation_that_ends(system: System, chip: Callable[[], MemoryBoard]) -> None:
    """The host says that the connection is lost; leaving the board, that the simulation broke off."""
    running = chip().__enter__()
    with device_at(running.port, system.design_digest, replace(OPTIONS, reply_s=1.0)) as device:
        assert running._process is not None
        running._process.kill()
        running._process.wait()
        with pytest.raises(DeviceError, match=r"connection to the board .* lost"):
            device.run(0, values(FRAMES[:4]), LIMIT_S)
    with pytest.raises(SimulationError, match="broke off"):
        running.__exit__()


def test_lint(system: System) -> None:
    sources = [system.path / source for source in system.sources]
    found = accept.verilator(system.top, [*OF_RTL, *sources], forgive=["PINCONNECTEMPTY"])
    padding = ("toy_stage0_wide_data", "in0_V_tdata", "map_start")  # as behind any link
    ours = [line for line in found if not any(name in line for name in padding)]
    assert ours == [], "all else is used"


def test_it_is_loaded_by_the_kernel(tmp_path: Path) -> None:
    """Who loads it otherwise leaves the way from the processor shut, so that an access never ends."""
    (file := tmp_path / f"{ON.name}.bit").write_bytes(bit(WORDS_OF_BIT.tobytes()))
    program, script = ON.table.load.split()
    assert program == "sh"
    assert script in ON.toolchain.beside(ON.table, file)
    with pytest.raises(BadOption, match=r"offramp load for pynq-z2-mmio; .*found sh pynq-z2-mmio\.sh"):
        load_bitstream(ON, file)


def test_what_a_package_is_told(system: System) -> None:
    told = LINK.aboard(())["link"]
    assert (told["scheme"], told["usage"]) == ("mmio", "mmio:ADDRESS")
    assert told["memory"]["registers"]["OUT_FILLED"] == 0x18
    assert "kinds" in told
    assert "baud" not in told


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ulx3s-85f", "link of ulx3s-85f; expected one that its chip has; found mmio"),
        ("arty-a7-35t", "link of arty-a7-35t; expected one that its chip has; found mmio"),
        ("pynq-z2", "reset button of pynq-z2; expected none"),
    ],
)
def test_a_chip_that_it_cannot_be_on(tmp_path: Path, name: str, said: str) -> None:
    """Another family, a part without a processor, and a reset that would let the processor wait for ever."""
    alien = board(name, tools="open")
    table = alien.table.model_copy(update={"link": "mmio"})
    alien = alien.model_copy(update={"open_table": table})
    with pytest.raises(BadOption, match=said):
        systems.build_system(
            systems.accelerators(tmp_path), alien, systems.clock_of(alien, 60), tmp_path / "system"
        )
