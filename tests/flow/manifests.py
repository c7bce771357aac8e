"""Manifests for runs that are made by hand."""

from __future__ import annotations

from pathlib import Path

from toolkit.flow.manifest import Manifest, Recipe

CHECKPOINT = "c" * 64
"""Digest of the checkpoint in every manifest."""


def finish(run: Path) -> None:
    """Write the manifest of every step for the files that lie there now."""
    for step in run.iterdir():
        if step.is_dir():
            (step / Manifest.FILE).unlink(missing_ok=True)
            Manifest.of(step.name, step, Recipe(), {"digest": CHECKPOINT}).save(step)
