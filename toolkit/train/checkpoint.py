"""Checkpoints: weights of a quantised network with the identity of the training they belong to."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

import hw_models
from hw_models import NetworkSpec, QuantConfig
from hw_models import shipped as shipped_files
from hw_models.description import describe_network, network_of
from hw_models.quantized import QuantEarlyExitNet, build_quantized, integer_weights, load_state
from toolkit.core.artifact import Record, parse, write_bytes
from toolkit.core.errors import ArtifactError, CheckpointMismatch
from toolkit.core.reading import parse_json, reading

FORMAT = "offramp-checkpoint"
SCHEMA = 3
FLOAT_SCHEMA = 2
"""Schema of files whose weights are never integers."""
NAMED_SCHEMA = 1
"""Schema of files with a network's name alone, which is looked up among the networks of this package."""
_SCALARS: list[Any] = [
    np.dtype,
    *(type(np.dtype(name)) for name in ("f4", "f8", "i4", "i8", "?")),
    *((np.float64(0).__reduce__()[0], f"numpy.{place}.multiarray.scalar") for place in ("core", "_core")),
]


@dataclass(frozen=True)
class Checkpoint:
    """A trained quantised network, for one model, dataset and quantisation.

    Attributes:
        FILE: name of the file in a run.
        network: the network.
        dataset: name of the dataset.
        dataset_digest: digest of the data, split as in training.
        quant: bit widths and scales.
        state: state dict of ``build_quantized(network, quant)``, on the CPU; weights may be the integers of
            hardware, int8, see :meth:`compact`.
        details: options, epochs, metrics, thresholds and versions, JSON types.
    """

    FILE: ClassVar[str] = "checkpoint.pt"

    network: NetworkSpec
    dataset: str
    dataset_digest: str
    quant: QuantConfig
    state: Mapping[str, Tensor]
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """Name of the network."""
        return self.network.name

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of weights and identity; details do not count."""
        return weights_digest(self.identity(), self.state)

    @property
    def thresholds(self) -> tuple[float, ...]:
        """Top-1 thresholds chosen on calibration data, one per early exit; empty if none were chosen."""
        return tuple(self.details.get("thresholds", ()))

    def identity(self) -> dict[str, Any]:
        """Return network, dataset and quantisation, JSON types."""
        return {
            "model": self.model,
            "network": describe_network(self.network),
            "dataset": self.dataset,
            "dataset_digest": self.dataset_digest,
            "quant": self.quant.to_json(),
        }

    def build(self) -> QuantEarlyExitNet:
        """Build the network with these weights, in evaluation mode.

        Raises:
            CheckpointMismatch: the weights are not those of the network.
        """
        with torch.random.fork_rng(
            devices=[]
        ):  # building draws initial weights: leave the caller's generator
            net = build_quantized(self.network, self.quant)
        try:
            load_state(net, self.state)
        except RuntimeError as cause:
            found = " ".join(str(cause).split())
            raise CheckpointMismatch(
                f"the weights do not fit {self.model}", expected="its parameters", found=found
            ) from cause
        return net.eval()

    def compact(self) -> Checkpoint:
        """Return a checkpoint of the same integers with a quarter of the bytes: weights as these, int8."""
        return replace(self, state={**self.state, **integer_weights(self.build())})

    def require(
        self,
        network: NetworkSpec | None = None,
        dataset: str | None = None,
        quant: QuantConfig | None = None,
    ) -> None:
        """Check network, dataset and quantisation; None accepts any.

        Raises:
            CheckpointMismatch: one differs; names the first.
        """
        model = None if network is None else network.name
        wanted = {"model": model, "dataset": dataset, "quantisation": quant}
        found = {"model": self.model, "dataset": self.dataset, "quantisation": self.quant}
        for what, want in wanted.items():
            have = found[what]
            if want is None or want == have:
                continue
            if isinstance(want, QuantConfig) and isinstance(have, QuantConfig):
                want, have = want.key(), have.key()
            fix = f"Train one for this {what} with `offramp train`, or name another checkpoint."
            raise CheckpointMismatch(
                f"the checkpoint is of another {what}", expected=want, found=have, fix=fix
            )
        if network is not None and describe_network(network) != describe_network(self.network):
            raise CheckpointMismatch(
                f"the checkpoint is of another network called {model}", expected="the layers of this one"
            )

    def require_finite(self, where: str) -> None:
        """Check that every parameter is finite, which those of a diverged training are not.

        Args:
            where: name of the checkpoint in the message.

        Raises:
            ArtifactError: names the first parameter that is not.
        """
        for name, value in self.state.items():
            wrong = value[~torch.isfinite(value)]
            if wrong.numel():
                raise ArtifactError(
                    f"{where}: parameter {name}",
                    expected="finite numbers",
                    found=wrong.reshape(-1)[0].item(),
                    fix="Train again, or name another checkpoint.",
                )

    def save(self, folder: Path) -> Path:
        """Write the checkpoint into ``folder``; returns the path of the file, see :meth:`write`."""
        self.write(file := folder / self.FILE)
        return file

    @classmethod
    def load(cls, folder: Path) -> Checkpoint:
        """Read the checkpoint from ``folder``; errors as :meth:`read`."""
        return cls.read(folder / cls.FILE)

    def write(self, file: Path) -> None:
        """Write the checkpoint, atomically; equal checkpoints give equal bytes."""
        meta = self.identity() | {"details": dict(self.details), "digest": self.digest}
        content = {
            "format": FORMAT,
            "schema": SCHEMA,
            "meta": json.dumps(meta, sort_keys=True),
            "state": {name: value.detach().cpu().clone() for name, value in self.state.items()},
        }
        buffer = io.BytesIO()
        torch.save(content, buffer)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, buffer.getvalue())

    @classmethod
    def read(cls, file: Path) -> Checkpoint:
        """Read a checkpoint; code that a pickle may contain is never run.

        Raises:
            ArtifactError: the file is missing or damaged, or a parameter is not finite.
            CheckpointMismatch: the file has another schema.
        """
        content = read_torch(file, f"checkpoint {file}")
        if not isinstance(content, dict) or content.get("format") != FORMAT or "schema" not in content:
            raise ArtifactError(
                f"{file} is no checkpoint of Offramp",
                expected=f"format {FORMAT}",
                found="another file of PyTorch",
            )
        if (schema := content["schema"]) not in (SCHEMA, FLOAT_SCHEMA, NAMED_SCHEMA):
            raise CheckpointMismatch(
                f"checkpoint {file} is of another version",
                expected=f"schema {SCHEMA}",
                found=schema,
            )
        with reading(f"checkpoint {file}", "weights with a description"):
            _require_held(content["state"], file)
            meta = parse(Description, parse_json(content["meta"]), f"checkpoint {file}")
            quant = QuantConfig.from_json(meta.quant)
            network = (
                hw_models.get(meta.model)
                if schema == NAMED_SCHEMA
                else network_of(meta.network, f"the network of checkpoint {file}")
            )
            checkpoint = cls(
                network, meta.dataset, meta.dataset_digest, quant, content["state"], meta.details
            )
            identity = checkpoint.identity()
            if schema == NAMED_SCHEMA:
                del identity["network"]
            digest = weights_digest(identity | {"model": meta.model}, checkpoint.state)
            checkpoint.require_finite(f"checkpoint {file}")
        if digest != meta.digest:
            raise ArtifactError(f"checkpoint {file} is damaged", expected=meta.digest, found=digest)
        return checkpoint


class Description(Record):
    """What stands in a checkpoint beside the weights."""

    model: str
    network: dict[str, Any] | None = None
    dataset: str
    dataset_digest: str
    quant: dict[str, Any]
    details: dict[str, Any]
    digest: str


def read_torch(path: Path, what: str, expected: str = "a checkpoint of Offramp", fix: str = "") -> Any:
    """Read a file of PyTorch; code that a pickle may contain is never run.

    Raises:
        ArtifactError: the file is missing or damaged.
    """
    with reading(what, expected, fix=fix):
        with zipfile.ZipFile(path) as file:  # PyTorch would take older formats, which claim any size
            if any(member.compress_type != zipfile.ZIP_STORED for member in file.infolist()):
                raise ValueError("packed members, which PyTorch does not write")
        # Losses and accuracies that others put beside their weights are often scalars of numpy.
        with torch.serialization.safe_globals(_SCALARS):
            return torch.load(path, map_location="cpu", weights_only=True)


def _require_held(state: Mapping[str, Tensor], file: Path) -> None:
    """Refuse tensors that claim more than the file holds, as one does that repeats its values."""
    claimed = sum(value.numel() * value.element_size() for value in state.values())
    if claimed > (held := file.stat().st_size):
        raise ValueError(f"weights of {claimed:,} bytes in {held:,}")


def weights_digest(identity: Mapping[str, Any], state: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of weights and of what they are for."""
    sha = hashlib.sha256(json.dumps(identity, sort_keys=True).encode())
    for name in sorted(state):
        array = state[name].detach().cpu().contiguous().numpy()
        sha.update(f"{name} {array.dtype.str} {array.shape}".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()


def shipped(model: str, dataset: str, quant: QuantConfig) -> Checkpoint | None:
    """Return the checkpoint that ships for exactly this model, dataset and quantisation; None without one.

    Raises:
        UnknownName: no network of this package has that name.
        ArtifactError, CheckpointMismatch: the shipped file does not match its name.
    """
    network = hw_models.get(model)
    path = shipped_files.find(network, dataset, quant)
    if path is None:
        return None
    checkpoint = Checkpoint.read(path)
    checkpoint.require(network, dataset, quant)
    return checkpoint
