"""The dataset: loaded (and downloaded, where that is needed) once, and named by its digest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from toolkit.core.artifact import read_json, write_json
from toolkit.core.errors import BadOption, DataError
from toolkit.flow.options import Options
from toolkit.flow.step import Context, Step

if TYPE_CHECKING:
    from toolkit.data import Dataset

NAME = "dataset.json"


def _load(context: Context) -> Dataset:
    from toolkit import data

    options = context.options
    return data.load(options.data.dataset, options.data.data_dir, options.data.seed, context.progress)


def _run(context: Context) -> Mapping[str, Any]:
    dataset = _load(context)
    images = {name: len(split) for name, split in dataset.splits()}
    about = {
        "name": dataset.name,
        "digest": dataset.digest,
        "images": images,
        "classes": list(dataset.classes),
    }
    write_json(context.out / NAME, about)
    counts = ", ".join(f"{count:,} {name}" for name, count in images.items())
    return {**about, "says": f"{dataset.name}: {counts}"}


def _admit(options: Options, summary: Mapping[str, Any]) -> None:
    images = summary["images"]["test"]
    if options.simulation.frames is not None and options.simulation.frames > images:
        raise BadOption(
            "--frames", expected=f"at most {images:,}, the test images", found=options.simulation.frames
        )


def load(context: Context) -> Dataset:
    """The dataset for a stage that has this one as an input.

    Raises:
        DataError: the files are not those the run began with.
    """
    dataset = _load(context)
    known = read_json(context.input("data") / NAME)["digest"]
    if dataset.digest != known:
        fix = "Bring the files back, or start a new run."
        raise DataError(f"dataset {dataset.name} has changed", expected=known, found=dataset.digest, fix=fix)
    return dataset


STEP = Step(
    "data",
    "Load the dataset and split it",
    _run,
    options=("dataset", "seed"),
    packages=("scikit-learn",),
    admit=_admit,
    outputs=(NAME,),
)
