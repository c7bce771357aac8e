"""Opens a finished run: a device with its accelerators, and the exit controller that drives it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.boards import Board
from toolkit.compose import Accelerator, Accelerators
from toolkit.compose.accelerator import OUTPUT
from toolkit.core.errors import ArtifactError, BadOption
from toolkit.core.groups import named
from toolkit.core.store import Store
from toolkit.data import DatasetInfo, PictureForm
from toolkit.data.pictures import COLOURS
from toolkit.exits import ExitPolicy
from toolkit.flow.rundir import RunDirectory
from toolkit.links import of_device
from toolkit.runtime.controller import ExitController
from toolkit.runtime.device import Device
from toolkit.runtime.images import as_images, read_images
from toolkit.runtime.schedule import Answer, require_answers
from toolkit.runtime.simulated import SimulatedDevice
from toolkit.tasks import TASKS, Readout, Told

SIMULATED = "simulated"


@dataclass(frozen=True)
class Classification:
    """The answers to images, in their order.

    Attributes:
        images: names of the files, with an index where one holds several; of an array the index alone.
        answers: answers with confidence and cycles.
        names: names of all classes.
        groups: groups of outputs, each of which names a class.
        told: what each answer says of its image, as the network's task reads it.
    """

    images: tuple[str, ...]
    answers: tuple[Answer, ...]
    names: tuple[str, ...]
    told: tuple[Told, ...]
    groups: int = 1

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def classes(self) -> tuple[str, ...]:
        """Name of the class of each image, or of its classes; raises BadOption as :attr:`labels`."""
        return tuple(named(label, self.groups, self.names) for label in self.labels.tolist())

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """Index of the class of each image, int64 (N,); of several groups all classes in one number.

        Raises:
            BadOption: the network names no classes.
        """
        found = [one.label for one in self.told]
        if None in found:
            known = ", ".join(self.told[0].figures)
            raise BadOption(
                "classes of answers",
                expected="a network that names classes",
                found="another",
                fix=f"Take figures(NAME) of {known}.",
            )
        return np.array(found, np.int64)

    @property
    def exits(self) -> npt.NDArray[np.int64]:
        """Exit by which each image left, int64 (N,)."""
        return np.array([answer.exit for answer in self.answers], np.int64)

    @property
    def logits(self) -> npt.NDArray[np.int64]:
        """Logits of that exit, int64 (N, classes)."""
        return np.array([answer.logits for answer in self.answers], np.int64)

    def figures(self, name: str) -> npt.NDArray[np.float64]:
        """Return a figure of every image, float64 (N,): ``confidence``, or one of the network's task."""
        return np.array([one.figures[name] for one in self.told], np.float64)


@dataclass(frozen=True)
class Session:
    """The parts of a run that classify images.

    Attributes:
        accelerators: stage accelerators, in order.
        policy: exit policy.
        classes: names of the classes.
        shape: shape (C, H, W) of an image.
        pictures: how the pictures of the dataset were read; None: it has none.
        board: board the run is for; None: target ``sim``.
        readout: how outputs are read that are no logits of classes; None: they are.
    """

    accelerators: tuple[Accelerator, ...]
    policy: ExitPolicy
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    pictures: PictureForm | None = None
    board: Board | None = None
    readout: Readout | None = None

    @classmethod
    def load(cls, run: Path) -> Session:
        """Read a run directory that has been composed and calibrated.

        Raises:
            ArtifactError: a result is missing or damaged, or another version wrote the run.
            BadOption: the policy is for another number of exits.
            CheckpointMismatch: the policy, or the readout, was calibrated for another checkpoint.
        """
        directory = RunDirectory(run)
        accelerators = Accelerators.load(directory.result("compose")).stages
        if not accelerators:
            raise ArtifactError(f"no stage accelerators in {run}", fix=f"offramp compose {run}")
        policy = ExitPolicy.load(directory.result("calibrate"))
        trained = directory.manifest("train")
        if trained is None:
            raise ArtifactError(f"no trained network in {run}", fix=f"offramp train {run}")
        policy.require(digest := str(trained.summary.get("digest", "")), len(accelerators))
        if (readout := Readout.find(directory.result("calibrate"))) is not None:
            readout.require(digest)
        about = DatasetInfo.load(directory.result("data"))
        on = directory.options().implementation.board
        session = cls(accelerators, policy, about.classes, about.shape, about.pictures, on, readout)
        session.require_consistent(run)
        return session

    def require_consistent(self, run: Path) -> None:
        """Check that the parts fit each other, as those of one run do.

        Raises:
            ArtifactError: an image or the logits have another form than the data and the policy say.
        """
        what = f"run directory {run}"
        (channels, *sides), taken = self.shape, self.accelerators[0].input.shape
        if tuple(taken) not in ((*sides, channels), (prod(self.shape),)):
            expected = f"images of {self.shape}, as the data have them"
            raise ArtifactError(what, expected=expected, found=list(taken))
        as_read = self.pictures and (self.pictures.size, self.pictures.colour)
        if as_read not in (None, as_input := (self.shape[1:], COLOURS.get(self.shape[0]))):
            raise ArtifactError(what, expected=f"pictures that become {as_input}", found=as_read)
        counts = {self.policy.outputs, *(stage.outputs[OUTPUT].elements for stage in self.accelerators)}
        if self.readout is None:
            counts.add(len(self.classes) * self.policy.groups)
        if len(counts) > 1:
            expected = f"as many logits as classes in every stage and in the policy ({len(self.classes)})"
            raise ArtifactError(what, expected=expected, found=" and ".join(map(str, sorted(counts))))

    def classify(
        self, images: npt.NDArray[np.uint8] | str | Path | Sequence[str | Path], device: str = SIMULATED
    ) -> Classification:
        """Classify images.

        Args:
            images: uint8 array (N, C, H, W), or as in ``.npy`` files; or files of images.
            device: see :meth:`controller`.

        Raises:
            DataError: images of another type or size, or a file that cannot be read.
            FramesLost: images that the device did not answer.
            OfframpError: as :meth:`controller`.
        """
        files = [images] if isinstance(images, str | Path) else images
        if isinstance(files, Sequence):
            pixels, names = read_images([Path(one) for one in files], self.shape, self.pictures)
        else:
            pixels = as_images(files, self.shape)
            names = [str(index) for index in range(len(pixels))]
        with self.controller(device) as controller:
            answers = tuple(controller.classify(pixels))
        require_answers(answers)
        told = tuple(self.told(pixels[answer.index], answer) for answer in answers)
        return Classification(tuple(names), answers, self.classes, told, self.policy.groups)

    def named(self, label: int) -> str:
        """Return the name of an answer."""
        return named(label, self.policy.groups, self.classes)

    def told(self, image: npt.NDArray[np.uint8], answer: Answer) -> Told:
        """Read an answer to an image (C, H, W)."""
        if self.readout is not None and answer.error is None:
            outputs = np.array(answer.logits, np.int64)
            return TASKS[self.readout.task].tell(image, outputs, self.readout)
        words = "" if answer.confidence is None else f"{answer.confidence:.2%}"
        return Told(answer.label, words, {"confidence": answer.confidence})

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
        with _device(device, self.accelerators, line, self.board) as opened:
            scales = [item.output_scale for item in self.accelerators]
            options = {"labelled": self.readout is None, **options}
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


def _device(name: str, accelerators: Sequence[Accelerator], line: Any, board: Board | None = None) -> Device:
    if name == SIMULATED:
        return SimulatedDevice.of(accelerators, quick=True)
    link, address = of_device(name, board)
    return link.open(address, accelerators, line)
