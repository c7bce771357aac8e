"""What a dataset is loaded with: its files, the seed of its split, how a user's own data are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from toolkit.core.errors import BadOption
from toolkit.core.progress import Progress, silent

Colour = Literal["grey", "rgb"]
"""Colours of pictures, one or three channels."""


@dataclass(frozen=True)
class OwnData:
    """A user's own data.

    Attributes:
        path: folder of pictures, or file or folder of arrays.
        size: (height, width) that pictures are resized to; None: they stay, and must all have one size.
        colour: what pictures are converted to; None: they stay, and must all be of one kind.
    """

    path: Path | None = None
    size: tuple[int, int] | None = None
    colour: Colour | None = None

    def where(self, dataset: str) -> Path:
        """Return the path.

        Raises:
            BadOption: there is none.
        """
        if self.path is None:
            fix = "Name them with --data-path."
            raise BadOption(f"dataset {dataset}", expected="the path of your data", found="none", fix=fix)
        return self.path


@dataclass(frozen=True)
class Request:
    """The arguments of a dataset's loader.

    Attributes:
        folder: folder of the dataset's files.
        fetch: whether to download files that are missing or damaged.
        seed: seed of the train/validation/calibration split.
        progress: callback for bytes of downloads and for pictures that are read.
        own: where a user's own data are, and how they are read.
    """

    folder: Path
    fetch: bool = False
    seed: int = 0
    progress: Progress = silent
    own: OwnData = field(default_factory=OwnData)
