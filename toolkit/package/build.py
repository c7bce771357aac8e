"""Writes a package: one archive that classifies on the board, and tests itself there."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from hw_models import products
from toolkit.boards import Board
from toolkit.compose import Accelerator
from toolkit.core.artifact import Artifact, Inside, sha256_file, write_bytes
from toolkit.core.errors import ArtifactError, NothingCompared
from toolkit.core.paths import is_file
from toolkit.core.topology import Topology
from toolkit.data import DatasetInfo
from toolkit.exits import ExitPolicy
from toolkit.links import of_board
from toolkit.package.offramp_board import contents
from toolkit.runtime.simulated import stages_digest
from toolkit.train.checkpoint import Checkpoint

PROGRAM = Path(contents.__file__).parent
MOST_EXAMPLES, MOST_LATE = 32, 8
"""Frames of the selftest at most, and those among them that leave at the last exit."""
_START = """\
import sys

from offramp_board.__main__ import main

sys.exit(main())
"""
_DATE = (1980, 1, 1, 0, 0, 0)
"""Time of every file in the archive, so that the same run gives the same bytes."""


class BoardPackage(Artifact):
    """A package on disk.

    Attributes:
        path: folder of the archive.
        file: name of the archive.
        target: name of the board.
        design: digest of the stage accelerators.
        bitstream: name of the bitstream in it; None if none was built.
        examples: number of frames of its selftest.
        digest: SHA-256 of the archive.
    """

    FILE: ClassVar[str] = "contents.json"

    path: Path = Field(exclude=True)
    file: Inside
    target: str
    design: str
    bitstream: str | None
    examples: int
    digest: str

    @property
    def archive(self) -> Path:
        """Path of the archive.

        Raises:
            ArtifactError: it is missing or was changed.
        """
        found = self.path / self.file
        if not is_file(found) or sha256_file(found) != self.digest:
            raise ArtifactError(f"{found} is missing or was changed", fix="Make the package again.")
        return found


@dataclass(frozen=True)
class BuiltBitstream:
    """A bitstream to pack.

    Attributes:
        file: bitstream; files of the same name with another suffix lie beside it.
        load: command that loads it, with its name; None if not known.
    """

    file: Path
    load: str | None


def build_package(
    checkpoint: Checkpoint,
    dataset: DatasetInfo,
    accelerators: Sequence[Accelerator],
    policy: ExitPolicy,
    images: npt.NDArray[np.uint8],
    golden: npt.NDArray[np.int64],
    board: Board,
    bitstream: BuiltBitstream | None,
    out: Path,
) -> BoardPackage:
    """Write the package of a network for a board.

    Args:
        checkpoint: trained network.
        dataset: classes, and how pictures were read.
        accelerators: stage accelerators, in order.
        policy: exit policy.
        images: test images, uint8 (N, C, H, W), of which some become examples.
        golden: golden logits of the images, int64 [exits, N, classes].
        board: board, with a link.
        bitstream: bitstream for it; None if none was built.
        out: folder of the archive.

    Raises:
        NothingCompared: there are no images.
        BadOption: the board has no link.
    """
    if not len(images):
        raise NothingCompared("examples of a package", expected="at least one test image", found="none")
    chosen = _examples(policy, golden)
    about = {
        "schema": contents.SCHEMA,
        "model": checkpoint.network.name,
        "dataset": checkpoint.dataset,
        "target": board.name,
        "family": board.family,
        "classes": list(dataset.classes),
        "pictures": None if dataset.pictures is None else dataset.pictures.model_dump(mode="json"),
        "image": list(images.shape[1:]),
        "design": stages_digest(accelerators),
        "bitstream": None if bitstream is None else bitstream.file.name,
        "load": None if bitstream is None else bitstream.load,
        **of_board(board).aboard(accelerators),
        "policy": {"words": policy.in_words, "rules": _rules(policy)},
        "work": _work(checkpoint),
    }
    files = {
        "__main__.py": _START.encode(),
        contents.MANIFEST: (json.dumps(about, indent=1) + "\n").encode(),
        contents.EXAMPLES: _arrays(images=images[chosen], logits=golden[:, chosen]),
        **{f"{PROGRAM.name}/{file.name}": file.read_bytes() for file in sorted(PROGRAM.glob("*.py"))},
    }
    if bitstream is not None:
        beside = sorted(bitstream.file.parent.glob(f"{bitstream.file.stem}.*"))
        files |= {file.name: file.read_bytes() for file in beside}
    sums = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    archive = out / f"{checkpoint.network.name}-{checkpoint.dataset}-{board.name}.zip"
    write_bytes(archive, _archived({**files, contents.SUMS: "".join(sums).encode()}))
    package = BoardPackage(
        path=out,
        file=archive.name,
        target=board.name,
        design=about["design"],
        bitstream=about["bitstream"],
        examples=len(chosen),
        digest=sha256_file(archive),
    )
    package.save(out)
    return package


def _examples(policy: ExitPolicy, golden: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    """Choose the first frames, some of which leave at the last exit if any does."""
    left, last = policy.answer(list(golden)).exits, len(golden) - 1
    late = np.flatnonzero(left == last)[: MOST_LATE if last else MOST_EXAMPLES]
    early = np.flatnonzero(left < last)[: MOST_EXAMPLES - len(late)]
    return np.sort(np.concatenate([early, late]))


def _rules(policy: ExitPolicy) -> list[dict[str, Any]]:
    return [{"criterion": rule.criterion, **rule.constants()} for rule in policy.rules]


def _work(checkpoint: Checkpoint) -> list[list[dict[str, int]]]:
    """Return the products of the layers of each stage, as rows of measured energy have them."""
    of_parts = products(checkpoint.network, checkpoint.quant)
    topology = Topology.of(of_parts)
    return [
        [
            {"macs": macs, "weight_bits": weight, "activation_bits": activation}
            for part in topology.stage(k)
            for macs, weight, activation in of_parts[part]
        ]
        for k in topology.indices
    ]


def _arrays(images: npt.NDArray[np.uint8], logits: npt.NDArray[np.int64]) -> bytes:
    np.savez(buffer := io.BytesIO(), images=images, logits=logits)
    return buffer.getvalue()


def _archived(files: Mapping[str, bytes]) -> bytes:
    with zipfile.ZipFile(buffer := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            about = zipfile.ZipInfo(name, _DATE)
            about.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(about, content)
    return buffer.getvalue()
