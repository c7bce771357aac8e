"""Loads the dataset, downloading it if necessary, and records its digest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.core.errors import BadOption
from toolkit.flow.data import load_data
from toolkit.flow.options import Options
from toolkit.flow.step import Context, Step


def _run(context: Context) -> Mapping[str, Any]:
    from toolkit.data import DatasetInfo

    about = DatasetInfo.of(load_data(context.options.data, context.progress))
    about.save(context.out)
    counts = ", ".join(f"{count:,} {name}" for name, count in about.images.items())
    return {**about.model_dump(mode="json"), "message": f"{about.name}: {counts}"}


def _admit(options: Options, folder: Path) -> None:
    from toolkit.data import DatasetInfo
    from toolkit.train.fit import require_fit

    about = DatasetInfo.load(folder)
    if options.network.qonnx is None:
        require_fit(options.network.spec(), about)
    images = about.images.get("test", 0)
    if options.simulation.frames is not None and options.simulation.frames > images:
        raise BadOption(
            "--frames", expected=f"at most {images:,}, the test images", found=options.simulation.frames
        )


def _external(options: Options) -> Mapping[str, str]:
    from toolkit.data import own_digests

    path = options.data.data_path
    return {} if path is None else own_digests(path)


STEP = Step(
    "data",
    "Load the dataset and split it",
    _run,
    options=("dataset", "seed", "image_size", "image_width", "colour"),
    settings=("data_dir", "data_path"),
    external=_external,
    packages=("scikit-learn", "pillow", "scipy"),
    admit=_admit,
    of_files=True,
)
