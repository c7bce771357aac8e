"""Every format that is read from outside, with whole files; reads damaged ones.

``python -m tests.flow.formats FORMAT COUNT SEED`` reads COUNT damaged files in bounded memory and with a time
limit for each, and fails at the first that is neither read nor refused with a typed error.
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import random
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.flow import data_formats
from tests.flow.damage import mutated, rechunked, regzipped, restructured, rezipped
from tests.flow.manifests import CHECKPOINT
from toolkit.core.errors import OfframpError
from toolkit.core.reading import read_archive, read_arrays

MOST_S, MORE_BYTES = 60, 2**30
"""Time limit of a file, and memory beyond that of the libraries."""


@dataclass(frozen=True)
class Format:
    """A format: the file's name, whole files, how they are damaged, and what reads them.

    ``least``: percentage of damaged files that are refused at least; some formats check little.
    """

    file: str
    wholes: Callable[[Path], Sequence[bytes]]
    read: Callable[[Path], Any]
    damage: Callable[[bytes, random.Random], bytes] = mutated
    least: int = 50


def _checkpoint(folder: Path) -> list[bytes]:
    import torch

    import hw_models
    from hw_models import QuantConfig
    from toolkit.train.checkpoint import Checkpoint

    network = hw_models.get("b_lenet_se")
    state = {"a.weight": torch.randn(3, 4), "b.scale": torch.tensor(0.5), "c.steps": torch.tensor([1, 2])}
    made = Checkpoint(network, "digits", "d" * 64, QuantConfig(), state, {"seed": 0, "thresholds": [0.5]})
    return [made.save(folder).read_bytes()]


def _read_checkpoint(path: Path) -> None:
    from toolkit.train.checkpoint import Checkpoint

    Checkpoint.read(path)


def _weights(folder: Path) -> list[bytes]:
    import torch

    import hw_models
    from hw_models.floating import build_float

    state = build_float(hw_models.get("b_lenet_se")).state_dict()
    names = {name.replace("trunks", "backbone").replace("heads", "exits"): state[name] for name in state}
    torch.save({"state_dict": names, "loss": np.float64(0.5)}, buffer := io.BytesIO())
    return [buffer.getvalue()]


def _read_weights(path: Path) -> None:
    import hw_models
    from toolkit.train.weights import read_weights

    read_weights(path, hw_models.get("b_lenet_se"))


def _onnx(folder: Path) -> list[bytes]:
    from onnx import TensorProto, helper, numpy_helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "ab"]
    weights = numpy_helper.from_array(np.ones((1, 4), np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("Add", ["a", "w"], ["b"])], "g", ends[:1], ends[1:], [weights]
    )
    return [helper.make_model(graph).SerializeToString()]


def _read_onnx(path: Path) -> None:
    from toolkit.core.reading import read_onnx

    read_onnx(path)


def _qonnx(_: Path) -> list[bytes]:
    from tests.export.foreign_files import binary, convolutional

    return [chain.model().SerializeToString() for chain in (binary(), convolutional())]


def _read_qonnx(path: Path) -> None:
    from toolkit.data.random_frames import frame_shape, input_shape
    from toolkit.export.foreign.graph import import_graphs

    import_graphs(path, path.parent / "graphs", "net", frame_shape(input_shape(path)))


def _read_config(path: Path) -> None:
    from toolkit.flow.config import read_config

    read_config(path)


def _yaml(_: Path) -> list[bytes]:
    from toolkit.flow import Options
    from toolkit.flow.config import to_yaml

    return [to_yaml(Options()).encode()]


def _json(_: Path) -> list[bytes]:
    from toolkit.flow import Options

    return [json.dumps(Options().model_dump(mode="json")).encode()]


def _toml(_: Path) -> list[bytes]:
    return [b'[data]\nseed = 3\n[simulation]\nframes = 20\n[network]\nmodel = "b_lenet_se"\n']


def _rails(_: Path) -> list[bytes]:
    lines = [f"{t},{2 + (t > 8)}.{t % 3},{'active' if t > 8 else 'idle'}" for t in range(18)]
    return ["\n".join(["time_s,watts,phase", *lines]).encode()]


def _read_power(path: Path) -> None:
    from toolkit.cost.given import read_power

    read_power(path, 10.0)


def _vivado(_: Path) -> list[bytes]:
    rows = {
        "Total On-Chip Power (W)": "1.2",
        "Dynamic (W)": "1.0",
        "Device Static (W)": "0.2",
        "Confidence Level": "Low",
    }
    return ["\n".join(f"| {key} | {value} |" for key, value in rows.items()).encode()]


def _utilisation(_: Path) -> list[bytes]:
    rows = {"Slice LUTs": 5, "Slice Registers": 6, "Block RAM Tile": 2.5, "DSPs": 7}
    return [
        "\n".join(
            ["| Site Type | Used | Available |", *(f"| {key} | {used} | 99 |" for key, used in rows.items())]
        ).encode()
    ]


def _read_utilisation(path: Path) -> None:
    from toolkit.implement.vivado.reports import read_utilisation

    read_utilisation(path)


def _timing(_: Path) -> list[bytes]:
    from tests.implement.vivado.outputs import timing

    return [timing()[400:].encode()]


def _read_timing(path: Path) -> None:
    from toolkit.implement.vivado.reports import read_timing

    read_timing(path, 100, {})


def _archive(_: Path) -> list[bytes]:
    from toolkit.core.archive import pack

    return [pack({"results/overlay.bit": b"bits" * 100, "logs/project.log": b"done"})]


def _history(folder: Path) -> list[bytes]:
    from toolkit.train import History
    from toolkit.train.history import Epoch

    metrics = {"train_loss": 0.5, "val_combined": 0.9}
    epochs = tuple(Epoch(phase="float", epoch=k, rate=0.1, metrics=metrics, seconds=1.0) for k in (1, 2))
    return [History(epochs=epochs).save(folder).read_bytes()]


def _read_history(path: Path) -> None:
    from toolkit.train import History

    History.load(path.parent)


def _ends(folder: Path) -> list[bytes]:
    from toolkit.train import PhaseEnd, TrainingEnds

    end = PhaseEnd(
        phase="float",
        reason="epochs",
        monitored="val_loss",
        better="min",
        kept=2,
        best=0.5,
        epochs=3,
        most=3,
        patience=4,
    )
    return [TrainingEnds(phases=(end,)).save(folder).read_bytes()]


def _read_ends(path: Path) -> None:
    from toolkit.train import TrainingEnds

    TrainingEnds.load(path.parent)


def _result(name: str) -> Format:
    """A result of a run in JSON."""

    def example(folder: Path) -> Any:
        from tests.flow.test_foreign_run import accelerator
        from toolkit.core.stream import Stream
        from toolkit.data import DatasetInfo
        from toolkit.exits import ExitPolicy
        from toolkit.flow import Options
        from toolkit.flow.manifest import Manifest, Recipe
        from toolkit.flow.rundir import RunRecord
        from toolkit.links.axi_dma.overlay import DmaStream, OverlayDescription, OverlayStage

        dma = DmaStream.of(Stream("in0_V", 8, False, 1, 784), "dma0")
        made: dict[str, Callable[[], Any]] = {
            "dataset.json": lambda: DatasetInfo(
                name="d", digest="d", classes=("a", "b"), shape=(1, 5, 4), images={"test": 3}
            ),
            "policy.json": lambda: ExitPolicy(
                criterion="margin",
                thresholds=(0.5,),
                scales=(0.25,),
                classes=3,
                checkpoint=CHECKPOINT,
                logit_bits=(9,),
            ),
            "run.json": lambda: RunRecord(options=Options()),
            "manifest.json": lambda: Manifest.of("data", folder, Recipe(), {"digest": CHECKPOINT}),
            "accelerator.json": lambda: accelerator(folder / "stage0", "stage0"),
            "design.json": lambda: OverlayDescription(
                digest="d" * 64, stages=(OverlayStage(input=dma, logits=dma, feature_map=None),)
            ),
        }
        return made[name]()

    def wholes(folder: Path) -> list[bytes]:
        made = example(folder)
        if name == "design.json":
            made.save(folder / name)
        else:
            made.save(folder)
        return [(folder / name).read_bytes()]

    def read(path: Path) -> Any:
        kind = type(example(Path(tempfile.mkdtemp(dir=path.parent))))
        found = kind.load(path if name == "design.json" else path.parent)
        if name == "accelerator.json":
            return found.queues, found.outputs, found.cycles
        return found

    return Format(name, wholes, read, restructured)


RESULTS = ("dataset.json", "policy.json", "run.json", "manifest.json", "accelerator.json", "design.json")


FORMATS = {
    "png": Format("a.png", data_formats.pictures, data_formats.images, rechunked),
    "bmp": Format("a.bmp", data_formats.coded("BMP"), data_formats.converted, least=25),
    "gif": Format("a.gif", data_formats.coded("GIF"), data_formats.converted, least=25),
    "jpeg": Format("a.jpg", data_formats.coded("JPEG"), data_formats.converted, least=25),
    "tiff": Format("a.tif", data_formats.coded("TIFF"), data_formats.converted),
    "webp": Format("a.webp", data_formats.coded("WEBP"), data_formats.converted),
    "npy": Format("a.npy", data_formats.npy, data_formats.images),
    "cifar pickle": Format("data_batch_1", data_formats.batch, data_formats.read_batch),
    "cifar binary": Format("data_batch_1.bin", data_formats.records, data_formats.read_records),
    "mat": Format("a.mat", data_formats.mat, data_formats.read_mat),
    "idx": Format("a.idx", data_formats.idx, data_formats.images),
    "idx.gz": Format(
        "a.idx.gz",
        lambda folder: [gzip.compress(data_formats.idx(folder)[0])],
        data_formats.images,
        regzipped,
    ),
    "npz": Format(
        "a.npz",
        data_formats.npz,
        read_arrays,
        rezipped,
    ),
    "pt": Format("checkpoint.pt", _checkpoint, _read_checkpoint, rezipped),
    "weights": Format("a.pth", _weights, _read_weights, rezipped),
    "onnx": Format("a.onnx", _onnx, _read_onnx),
    "qonnx": Format("a.onnx", _qonnx, _read_qonnx, least=25),
    "yaml": Format("run.yaml", _yaml, _read_config),
    "config json": Format("run.json", _json, _read_config, restructured),
    "toml": Format("run.toml", _toml, _read_config),
    "rails": Format("rails.csv", _rails, _read_power),
    "power report": Format("power.rpt", _vivado, _read_power),
    "utilisation report": Format("utilization.rpt", _utilisation, _read_utilisation, least=25),
    "timing report": Format("timing.rpt", _timing, _read_timing, least=5),
    "archive": Format("results.tar", _archive, lambda path: read_archive(path, "archive"), least=5),
    "history": Format("history.csv", _history, _read_history),
    "ends of a training": Format("ends.json", _ends, _read_ends),
    **{name: _result(name) for name in RESULTS},
}
if importlib.util.find_spec("h5py"):  # of an extra
    FORMATS["hdf5"] = Format("digitStruct.mat", data_formats.digit_struct, data_formats.read_digit_struct)


def read_damaged(name: str, count: int, seed: int, folder: Path) -> int:
    """Read ``count`` damaged files of a format; return how many were refused.

    Raises:
        AssertionError: one raised something else than a typed error of one line.
    """
    kind, rng, refused = FORMATS[name], random.Random(f"{name} {seed}"), 0
    wholes = kind.wholes(folder)
    for number in range(count):
        path = folder / f"{number}" / kind.file
        path.parent.mkdir()
        path.write_bytes(content := kind.damage(rng.choice(wholes), rng))
        if hasattr(signal, "SIGALRM") and count > 500:
            signal.alarm(MOST_S)
        try:
            kind.read(path)
        except OfframpError as error:
            refused += 1
            if "\n" in str(error).replace(str(path), ""):
                raise AssertionError(f"{name}, file {number}: more than a line: {error}") from error
        except Exception as error:
            kept = Path(tempfile.gettempdir()) / f"damaged-{number}-{kind.file}"
            kept.write_bytes(content)
            raise AssertionError(f"{name}, file {number}, kept as {kept}: {error!r}") from error
    return refused


def main(name: str, count: str, seed: str) -> None:
    FORMATS[name].wholes(Path(tempfile.mkdtemp()))  # imports what it needs before memory is bounded
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MORE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        print(read_damaged(name, int(count), int(seed), Path(folder)), "refused")


if __name__ == "__main__":
    main(*sys.argv[1:])
