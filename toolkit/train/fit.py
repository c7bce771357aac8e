"""Whether a dataset fits a network: the shape of its images and the number of its classes. No PyTorch."""

from __future__ import annotations

from hw_models import NetworkSpec
from toolkit.core.errors import BadOption
from toolkit.data import DatasetInfo
from toolkit.tasks import task_of


def require_fit(spec: NetworkSpec, about: DatasetInfo) -> None:
    """Check that the images of a dataset are the inputs of a network, and its classes the network's.

    Raises:
        BadOption: they are not; names everything that differs.
    """
    classes = task_of(spec).classes(spec.outputs)
    images, groups = "images (channels, height, width)", "groups of classes"
    wanted = {images: spec.input_shape, "classes": classes, groups: spec.groups}
    found = {images: about.shape, "classes": len(about.classes), groups: about.groups}
    differing = [what for what in wanted if wanted[what] != found[what]]
    if differing:
        raise BadOption(
            f"{spec.name} on {about.name}",
            expected=" and ".join(f"{what} {wanted[what]}" for what in differing),
            found=" and ".join(f"{found[what]}" for what in differing),
            fix="Choose a network for these data ('offramp models' lists them), or other data.",
        )
