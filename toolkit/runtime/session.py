"""From a run directory to a device with the exit controller that drives it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.artifacts import read_json
from toolkit.compose import Accelerator
from toolkit.env import settings
from toolkit.errors import ArtifactError, BadOption
from toolkit.exits import ExitPolicy
from toolkit.flow.rundir import RunDirectory
from toolkit.flow.stages.compose import accelerators as stages_of
from toolkit.runtime.controller import ExitController
from toolkit.runtime.device import Device
from toolkit.runtime.simulated import SimulatedDevice, stages_digest

SIMULATED, PYNQ = "simulated", "pynq:"


@dataclass(frozen=True)
class Session:
    """What a run offers for classifying images.

    Attributes:
        accelerators: its stages, in order.
        policy: its exit policy.
        classes: names of the classes.
    """

    accelerators: tuple[Accelerator, ...]
    policy: ExitPolicy
    classes: tuple[str, ...]

    @classmethod
    def load(cls, run: Path) -> Session:
        """Read it from a run directory, composed and calibrated.

        Raises:
            ArtifactError: something is missing in the run.
            BadOption: a policy for another number of exits.
            CheckpointMismatch: a policy calibrated for another checkpoint.
        """
        directory = RunDirectory(run)
        accelerators = stages_of(directory.stage("compose"), "stage")
        if not accelerators:
            raise ArtifactError(f"no stage accelerators in {run}", fix=f"offramp compose {run}")
        policy = ExitPolicy.load(directory.stage("calibrate") / "policy.json")
        trained = directory.manifest("train")
        if trained is None:
            raise ArtifactError(f"no trained network in {run}", fix=f"offramp train {run}")
        policy.require(trained.summary["digest"], len(accelerators))
        dataset = read_json(directory.stage("data") / "dataset.json")
        return cls(tuple(accelerators), policy, tuple(dataset["classes"]))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of an image."""
        height, width, channels = self.accelerators[0].nodes[0].input.shape
        return channels, height, width

    @contextlib.contextmanager
    def controller(self, device: str = SIMULATED, **options: Any) -> Iterator[ExitController]:
        """The controller of a device, which is closed afterwards.

        Args:
            device: ``simulated`` or ``pynq:FILE.bit``.
            options: of :class:`ExitController`.

        Raises:
            ArtifactError: the overlay holds another design.
            BadOption: no such device.
            ToolMissing: no PYNQ here.
        """
        with _device(device, self.accelerators) as opened:
            scales = [item.output_scale for item in self.accelerators]
            yield ExitController(opened, self.policy, scales=scales, **options)


def _device(name: str, accelerators: Sequence[Accelerator]) -> Device:
    if name == SIMULATED:
        return SimulatedDevice.of(accelerators, settings().cache_dir / "simulators", quick=True)
    if not name.startswith(PYNQ):
        raise BadOption("--device", expected=f"{SIMULATED} or {PYNQ}FILE.bit", found=name)
    from toolkit.runtime.pynq import PynqDevice

    device, expected = PynqDevice(Path(name.removeprefix(PYNQ))), stages_digest(accelerators)
    if device.info.digest != expected:
        device.close()
        found = device.info.digest[:12]
        fix = "Make the bitstream from this run."
        raise ArtifactError(f"design in {device.info.name}", expected=expected[:12], found=found, fix=fix)
    return device
