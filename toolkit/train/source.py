"""The source of a run's weights: a checkpoint given by the user, a shipped one, or training."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hw_models import NetworkSpec, QuantConfig, shipped
from toolkit.core.artifact import sha256_file
from toolkit.core.errors import CheckpointMismatch
from toolkit.core.paths import is_file
from toolkit.train.history import History

if TYPE_CHECKING:  # reading a checkpoint takes PyTorch, choosing one does not
    from toolkit.train.checkpoint import Checkpoint


@dataclass(frozen=True)
class Source:
    """A checkpoint file to use instead of training.

    Attributes:
        kind: "given" by the user or "shipped" with the package.
        file: path of the checkpoint.
    """

    kind: Literal["given", "shipped"]
    file: Path

    @property
    def curves(self) -> Path | None:
        """File with the training curves of a shipped checkpoint; None without one."""
        path = self.file.with_suffix(".csv")
        return path if self.kind == "shipped" and is_file(path) else None

    def digests(self) -> Mapping[str, str]:
        """Return the SHA-256 of the files, by ``checkpoint`` and ``history``."""
        files = {"checkpoint": self.file, "history": self.curves}
        return {name: sha256_file(path) for name, path in files.items() if path}

    def take(
        self,
        folder: Path,
        network: NetworkSpec,
        dataset: str,
        quant: QuantConfig,
        *,
        data_digest: str,
        seed: int,
        force: bool = False,
    ) -> Checkpoint:
        """Copy checkpoint and curves into ``folder``.

        Args:
            folder: folder that receives the files.
            network, dataset, quant: required network, dataset and quantisation.
            data_digest: digest of the data that the checkpoint must have been trained on.
            seed: seed of that data's split, for the message.
            force: whether to accept other data.

        Raises:
            ArtifactError: the file is not a checkpoint.
            CheckpointMismatch: network, dataset, quantisation or split differ.
        """
        from toolkit.train.checkpoint import Checkpoint

        checkpoint = Checkpoint.read(self.file)
        checkpoint.require(network, None if force else dataset, quant)
        if checkpoint.dataset_digest != data_digest and not force:
            # With another split, calibration and validation would use images that the network was trained on.
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


def source_of(given: Path | None, network: NetworkSpec, dataset: str, quant: QuantConfig) -> Source | None:
    """Return the checkpoint to use: the given one, else a shipped one; None means training."""
    if given is not None:
        return Source("given", given)
    path = shipped.find(network, dataset, quant)
    return None if path is None else Source("shipped", path)
