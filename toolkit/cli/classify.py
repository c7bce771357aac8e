"""``offramp classify``: classify images with the accelerators of a run."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from toolkit.cli.options import argument, taken
from toolkit.core.declaration import Option
from toolkit.core.errors import BadOption, one_line

DEVICE = Option("'simulated', or a link and its address, such as serial:PORT.", name="device", kind=str)


PACKAGE = Option("A package; its board classifies, and no run is needed.", name="package", kind=Path)


def classify(
    run: Annotated[Path, argument("RUN", "A run directory, composed and calibrated; none with --package.")],
    images: Annotated[list[Path] | None, argument("IMAGES...", "Pictures, .npy or idx files.")] = None,
    device: Annotated[str, taken(DEVICE)] = "simulated",
    package: Annotated[Path | None, taken(PACKAGE)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Classify images on a device and print class, exit, confidence and cycles of each.

    Images that no device answers are named, after all others have been printed; the exit code is 2 then.
    """
    if package is not None:
        _with_package(package, [run, *(images or [])], device, as_json)
        return
    if not images:
        raise BadOption("IMAGES", expected="at least one file", found="none")
    _with_run(run, images, device, as_json)


def _with_run(run: Path, images: list[Path], device: str, as_json: bool) -> None:
    from toolkit.flow.session import Session, require_device
    from toolkit.runtime import DeviceError
    from toolkit.runtime.images import read_images
    from toolkit.runtime.schedule import require_answers

    require_device(device)
    session = Session.load(run)
    pixels, names = read_images(images, session.shape, session.pictures)
    answers, rows = [], []
    counters: Mapping[str, Any] = {}
    with session.controller(device) as controller:
        for answer in controller.classify(pixels):
            answers.append(answer)
            told = session.told(pixels[answer.index], answer)
            rows.append(
                {
                    "image": names[answer.index],
                    "class": None if told.label is None else session.named(told.label),
                    "exit": answer.exit,
                    **told.figures,
                    "cycles": answer.cycles,
                    "logits": list(answer.logits),
                    "error": None if answer.error is None else str(answer.error),
                }
            )
            if not as_json:
                print(one_line(_line(rows[-1], told.words)))  # names of files may hold any bytes
        if as_json:
            with contextlib.suppress(DeviceError):  # a lost connection must not discard the answers
                counters = controller.device.counters()
    if as_json:
        found = {"run": str(run), "device": device, "answers": rows, "counters": counters}
        print(json.dumps(found, indent=2))
    require_answers(answers)


def _with_package(package: Path, images: list[Path], device: str, as_json: bool) -> None:
    from toolkit.package.host import classify_package

    rows = []
    for one in classify_package(package, images, device):
        rows.append(
            {
                "image": one.image,
                "class": one.answer.name,
                "exit": one.answer.exit,
                "confidence": None,
                "cycles": one.answer.cycles,
                "logits": one.answer.logits,
                "error": None,
            }
        )
        if not as_json:
            print(one_line(_line(rows[-1], "")))
    if as_json:
        print(json.dumps({"package": str(package), "device": device, "answers": rows}, indent=2))


def _line(row: Mapping[str, Any], told: str) -> str:
    if row["error"] is not None:
        return f"{row['image']}: no answer"
    known, exit_ = row["class"], f"exit {row['exit']}"
    words = [known, exit_, *([told] if told else [])] if known is not None else [told, exit_]
    words[0] = f"{row['image']}: {words[0]}"
    if row["cycles"] is not None:
        words.append(f"{row['cycles']:,} cycles")
    return ", ".join(words)
