"""Opens a finished run: a device with its accelerators, and the exit controller that drives it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.compose import Accelerator, Accelerators
from toolkit.compose.accelerator import OUTPUT
from toolkit.core.errors import ArtifactError
from toolkit.core.store import Store
from toolkit.data import DatasetInfo, PictureForm
from toolkit.data.pictures import COLOURS
from toolkit.exits import ExitPolicy
from toolkit.flow.rundir import RunDirectory
from toolkit.links import of_device
from toolkit.runtime.controller import ExitController
from toolkit.runtime.device import Device
from toolkit.runtime.simulated import SimulatedDevice

SIMULATED = "simulated"


@dataclass(frozen=True)
class Session:
    """The parts of a run that classify images.

    Attributes:
        accelerators: stage accelerators, in order.
        policy: exit policy.
        classes: names of the classes.
        pictures: how the pictures of the dataset were read; None: it has none.
    """

    accelerators: tuple[Accelerator, ...]
    policy: ExitPolicy
    classes: tuple[str, ...]
    pictures: PictureForm | None = None

    @classmethod
    def load(cls, run: Path) -> Session:
        """Read a run directory that has been composed and calibrated.

        Raises:
            ArtifactError: a result is missing or damaged, or another version wrote the run.
            BadOption: the policy is for another number of exits.
            CheckpointMismatch: the policy was calibrated for another checkpoint.
        """
        directory = RunDirectory(run)
        accelerators = Accelerators.load(directory.result("compose")).stages
        if not accelerators:
            raise ArtifactError(f"no stage accelerators in {run}", fix=f"offramp compose {run}")
        policy = ExitPolicy.load(directory.result("calibrate"))
        trained = directory.manifest("train")
        if trained is None:
            raise ArtifactError(f"no trained network in {run}", fix=f"offramp train {run}")
        policy.require(str(trained.summary.get("digest", "")), len(accelerators))
        about = DatasetInfo.load(directory.result("data"))
        session = cls(accelerators, policy, about.classes, about.pictures)
        session.require_consistent(run)
        return session

    def require_consistent(self, run: Path) -> None:
        """Check that the parts fit each other, as those of one run do.

        Raises:
            ArtifactError: an image or the logits have another form than the data and the policy say.
        """
        what = f"run directory {run}"
        if len(image := self.accelerators[0].input.shape) != 3:
            raise ArtifactError(what, expected="images of height, width and channels", found=list(image))
        as_read = self.pictures and (self.pictures.size, self.pictures.colour)
        if as_read not in (None, as_input := (self.shape[1:], COLOURS.get(self.shape[0]))):
            raise ArtifactError(what, expected=f"pictures that become {as_input}", found=as_read)
        counts = {len(self.classes), self.policy.classes}
        counts |= {stage.outputs[OUTPUT].elements for stage in self.accelerators}
        if len(counts) > 1:
            expected = f"as many logits as classes in every stage and in the policy ({len(self.classes)})"
            raise ArtifactError(what, expected=expected, found=" and ".join(map(str, sorted(counts))))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape (C, H, W) of an image."""
        height, width, channels = self.accelerators[0].input.shape
        return channels, height, width

    @contextlib.contextmanager
    def controller(
        self, device: str = SIMULATED, *, line: Any = None, **options: Any
    ) -> Iterator[ExitController]:
        """Open a device and yield the controller that drives it; close the device afterwards.

        Args:
            device: ``simulated``, or ``SCHEME:ADDRESS`` of a link, such as ``serial:PORT``.
            line: options of the link; a simulated board needs longer timeouts.
            options: arguments of :class:`ExitController`.

        Raises:
            ArtifactError: the overlay or the board holds another design.
            BadOption: the device does not exist.
            DeviceError: the board cannot be reached.
            ToolMissing: a driver is not installed.
            UnsupportedVersion: the board speaks another version of the protocol.
        """
        with _device(device, self.accelerators, line) as opened:
            scales = [item.output_scale for item in self.accelerators]
            yield ExitController(opened, self.policy, scales=scales, **options)


def require_device(name: str) -> None:
    """Check that a device of this name may exist, without opening it.

    Raises:
        BadOption: no link has that scheme; the message lists all schemes.
        OutputPathError: it is simulated, and the cache folder cannot be written.
    """
    if name == SIMULATED:
        Store().require()
    else:
        of_device(name)


def _device(name: str, accelerators: Sequence[Accelerator], line: Any) -> Device:
    if name == SIMULATED:
        return SimulatedDevice.of(accelerators, quick=True)
    link, address = of_device(name)
    return link.open(address, accelerators, line)
