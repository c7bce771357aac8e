"""Packs everything that a board needs into one archive, with examples and the answers it must give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.flow import inputs
from toolkit.flow.step import Context, Step


def _run(context: Context) -> Mapping[str, Any]:
    implementation = context.options.implementation
    if (board := implementation.board) is None:
        return context.nothing(f"none for target {implementation.target}")
    from toolkit.tasks import task_of

    if not task_of(spec := context.options.network.spec()).one_class:
        return context.nothing(f"none for {spec.task}: its program on the board answers with one class")
    from toolkit.compose import Accelerators
    from toolkit.data import DatasetInfo
    from toolkit.exits import ExitPolicy
    from toolkit.implement import Implementation
    from toolkit.package import build_package
    from toolkit.package.build import BuiltBitstream
    from toolkit.train.checkpoint import Checkpoint
    from toolkit.verify.result import GoldenLogits

    folder = context.input("bitstream")
    built = Implementation.find(folder)
    made = build_package(
        Checkpoint.load(context.input("train")),
        DatasetInfo.load(context.input("data")),
        Accelerators.load(context.input("compose")).stages,
        ExitPolicy.load(context.input("calibrate")),
        inputs.test_images(context),
        GoldenLogits.load(context.input("verify")).logits,
        board,
        None if built is None else BuiltBitstream(folder / built.file, built.load_command),
        context.out,
    )
    holds = made.bitstream or "no bitstream"
    return {"message": f"{made.file}: {holds}, {made.examples} examples", **made.model_dump(mode="json")}


STEP = Step(
    "package",
    "Pack bitstream, policy, examples and a program for the board into one archive",
    _run,
    inputs=("data", "train", "compose", "calibrate", "verify", "bitstream"),
    options=("target", "tools", "frames"),
)
