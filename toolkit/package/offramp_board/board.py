"""The exit controller of a package: stages on a board, and the decision which frames go on to the next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import decide
from .contents import Package


class BoardError(Exception):
    """A board that cannot be reached, holds another design, or gives impossible answers."""


class Answer:
    """The answer to an image.

    Attributes:
        name: name of the class.
        label: its index.
        exit: exit by which the image left.
        logits: integers of that exit.
        cycles: clock cycles in the stages; None if the board does not count them.
        seconds: time until the answer, on the clock of the program.
    """

    def __init__(self, name: str, exit: int, logits: np.ndarray, cycles: int | None, seconds: float) -> None:
        self.name, self.label, self.exit = name, int(logits.argmax()), exit
        self.logits, self.cycles, self.seconds = logits.tolist(), cycles, seconds


class BoardLink:
    """What a link brings.

    Attributes:
        digest: digest of the design on the board, as the board says itself.
    """

    digest = ""

    def run(self, stage: int, frame: Any) -> tuple[np.ndarray, Any, int | None]:
        """Run a frame on a stage.

        Args:
            frame: an image, uint8 [elements] channels last, or what stood for the feature map before.

        Returns:
            Logits, int64 [classes]; what stands for the feature map; clock cycles to the logits, if counted.
        """
        raise NotImplementedError

    def leave(self, stage: int, feature_map: Any) -> None:
        """Forget the feature map of a frame that has left."""

    def watts(self) -> float | None:
        """Return the power of the board now, in W; None if it is not measured."""
        return None

    def close(self) -> None:
        """Let go of the board."""


class Board:
    """A board with the design of a package on it, for use in a ``with`` block.

    Raises:
        BoardError: another design is on it.
    """

    def __init__(self, package: Package, link: BoardLink) -> None:
        self.package, self.link = package, link
        if link.digest != package.digest:
            link.close()
            raise BoardError(
                f"design on the board: expected {package.digest[:12]}, found {link.digest[:12]}. Load the "
                "bitstream of this package, or take the package of that design."
            )

    @classmethod
    def open(cls, package: Package, device: str) -> Board:
        """Open the board at ``device``, ``SCHEME:ADDRESS``.

        Raises:
            BoardError: the package is for another link, or the board cannot be reached.
        """
        scheme, _, address = device.partition(":")
        if scheme != package.about["link"]["scheme"]:
            raise BoardError(f"device: expected {package.about['link']['usage']}, found {device or 'none'}")
        link: BoardLink
        if scheme == "serial":
            from .serial_link import SerialLink

            link = SerialLink(package, address)
        elif scheme == "mmio":
            from .mmio_link import MmioLink

            link = MmioLink(package, address)
        else:
            from .pynq_link import PynqLink

            link = PynqLink(package, address)
        return cls(package, link)

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()

    def classify(self, images: np.ndarray) -> Iterator[Answer]:
        """Classify images, uint8 [N, C, H, W], one by one.

        Raises:
            BoardError: images of another form, or one that the board does not answer.
        """
        if images.dtype != np.uint8 or images.shape[1:] != self.package.shape:
            expected = f"uint8 [N, {', '.join(map(str, self.package.shape))}]"
            raise BoardError(f"images: expected {expected}, found {images.dtype} {list(images.shape)}")
        return map(self._answer, images)

    def _answer(self, image: np.ndarray) -> Answer:
        begin, rules = time.perf_counter(), self.package.about["policy"]["rules"]
        frame: Any = image.transpose(1, 2, 0).reshape(-1)
        cycles: int | None = 0
        stage = 0
        while True:
            logits, feature_map, spent = self.link.run(stage, frame)
            cycles = None if cycles is None or spent is None else cycles + spent
            if stage == len(rules) or decide.leaves(rules[stage], logits[None])[0]:
                break
            frame, stage = feature_map, stage + 1
        if stage < len(rules):
            self.link.leave(stage, feature_map)
        name = self.package.classes[int(logits.argmax())]
        return Answer(name, stage, logits, cycles, time.perf_counter() - begin)
