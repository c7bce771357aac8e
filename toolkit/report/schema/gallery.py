"""Test images that the first exit is surest of, and those it is least sure of."""

from __future__ import annotations

from pydantic import Field

from toolkit.core.artifact import Record
from toolkit.core.quantities import Count, Share


class GalleryImage(Record):
    """A test image and what became of it.

    Attributes:
        image: its place in the test split.
        label: its class.
        answer: class that it was answered with.
        exit: exit by which it left.
        confidence: top-1 softmax probability of exit 0.
        picture: the image as PNG, in base64.
    """

    image: Count
    label: Count
    answer: Count
    exit: Count
    confidence: Share
    picture: str


class Gallery(Record):
    """The images of each class with the highest and with the lowest confidence, in order of classes."""

    easiest: tuple[GalleryImage, ...] = Field(min_length=1)
    hardest: tuple[GalleryImage, ...] = Field(min_length=1)

    @property
    def rows(self) -> tuple[tuple[str, tuple[GalleryImage, ...]], ...]:
        """Both rows with their names."""
        return ("easiest", self.easiest), ("hardest", self.hardest)
