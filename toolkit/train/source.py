"""Where a run's weights come from: a checkpoint that is given, one that ships, or training."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hw_models import QuantConfig
from hw_models.shipped import path as shipped_path
from toolkit.core.artifact import sha256_file
from toolkit.core.errors import CheckpointMismatch
from toolkit.train.history import History

if TYPE_CHECKING:  # reading a checkpoint takes PyTorch, choosing one does not
    from toolkit.train.checkpoint import Checkpoint


@dataclass(frozen=True)
class Source:
    """A checkpoint file to take instead of training.

    Attributes:
        kind: named by the user, or shipped with the package.
        file: the checkpoint.
    """

    kind: Literal["given", "shipped"]
    file: Path

    @property
    def curves(self) -> Path | None:
        """The training curves that ship beside a shipped checkpoint."""
        path = self.file.with_suffix(".csv")
        return path if self.kind == "shipped" and path.is_file() else None

    def digests(self) -> Mapping[str, str]:
        """SHA-256 of each file, by what it is."""
        files = {"checkpoint": self.file, "history": self.curves}
        return {name: sha256_file(path) for name, path in files.items() if path}

    def take(
        self,
        folder: Path,
        model: str,
        dataset: str,
        quant: QuantConfig,
        *,
        data_digest: str,
        seed: int,
        force: bool = False,
    ) -> Checkpoint:
        """Copy checkpoint and curves into ``folder``.

        Args:
            folder: receives the files.
            model, dataset, quant: what the checkpoint must be of.
            data_digest: of the data that it must be trained on.
            seed: of that data's split, for the message.
            force: accept other data.

        Raises:
            ArtifactError: it is no checkpoint.
            CheckpointMismatch: it is of another model, dataset, quantisation or split.
        """
        from toolkit.train.checkpoint import Checkpoint

        checkpoint = Checkpoint.read(self.file)
        checkpoint.require(model, None if force else dataset, quant)
        if checkpoint.dataset_digest != data_digest and not force:
            # Another split would calibrate and validate on images it was trained with.
            raise CheckpointMismatch(
                "the checkpoint was trained on other data, or on the same data split by another seed",
                expected=f"data {checkpoint.dataset_digest} (seed {checkpoint.details.get('seed')})",
                found=f"data {data_digest} (seed {seed})",
                fix="Give that seed, train with --train, or take it nevertheless with --force.",
            )
        shutil.copyfile(self.file, folder / Checkpoint.FILE)
        if self.curves:
            shutil.copyfile(self.curves, folder / History.FILE)
        return checkpoint


def source_of(given: Path | None, model: str, dataset: str, quant: QuantConfig) -> Source | None:
    """The checkpoint to take: the given one, else the one that ships; None if there is neither."""
    if given is not None:
        return Source("given", given)
    path = shipped_path(model, dataset, quant)
    return Source("shipped", path) if path.is_file() else None
