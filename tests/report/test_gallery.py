"""The gallery: the surest and the least sure images of each class, their pictures, and the filter."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.report.browser import browsed, needs_browser
from toolkit.data import Split
from toolkit.exits import Answers
from toolkit.report.gallery import gallery_of
from toolkit.report.page import render
from toolkit.report.schema import Report

RNG = np.random.default_rng(0)
KINDS = RNG.integers(0, 4, 90)
LOGITS = RNG.normal(0, 3, (90, 4))
ANSWERS = Answers(exits=RNG.integers(0, 2, 90), classes=RNG.integers(0, 4, 90), logits=LOGITS.astype(int))


def split(channels: int = 1) -> Split:
    return Split(RNG.integers(0, 256, (90, channels, 5, 6)).astype(np.uint8), KINDS)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_surest_and_the_least_sure_of_each_class(channels: int) -> None:
    tested = split(channels)
    found = gallery_of(tested, LOGITS, ANSWERS)
    assert found is not None
    chances = (np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)).max(axis=1)
    for name, images in found.rows:
        assert [one.label for one in images] == [label for label in range(4) for _ in range(3)]
        for label in range(4):
            wanted = sorted(chances[label == KINDS], reverse=name == "easiest")[:3]
            assert [one.confidence for one in images if one.label == label] == pytest.approx(wanted)
        for one in images:
            known = (KINDS[one.image], ANSWERS.classes[one.image], ANSWERS.exits[one.image])
            assert (one.label, one.answer, one.exit) == known
            pixels = np.array(Image.open(io.BytesIO(base64.b64decode(one.picture))))
            assert np.array_equal(pixels.reshape(5, 6, channels), tested.images[one.image].transpose(1, 2, 0))


def test_of_labels_in_groups_the_surest_of_all_frames() -> None:
    labels = RNG.integers(0, 4, 90)
    found = gallery_of(Split(split().images.copy(), labels), LOGITS, ANSWERS, 2)
    assert found is not None
    grouped = np.exp(LOGITS).reshape(90, 2, 2)
    sure = (grouped / grouped.sum(axis=2, keepdims=True)).max(axis=2).min(axis=1)
    for name, images in found.rows:
        assert [one.confidence for one in images] == pytest.approx(
            sorted(sure, reverse=name == "easiest")[:30]
        )
        assert all(one.label == labels[one.image] for one in images)


def test_what_is_no_picture_has_no_gallery() -> None:
    assert gallery_of(split(2), LOGITS, ANSWERS) is None


def test_many_classes_have_one_image_each() -> None:
    labels = np.arange(90) % 45
    found = gallery_of(Split(split().images.copy(), labels), LOGITS, ANSWERS)
    assert found is not None
    assert [one.label for one in found.hardest] == list(range(30))


def test_wrong_answers_are_marked(report: Report) -> None:
    assert report.gallery is not None
    wrong = sum(one.answer != one.label for _, images in report.gallery.rows for one in images)
    assert 0 < wrong == render(report).count(' class="wrong"><img')


@needs_browser
def test_the_filter_shows_one_class(report: Report, tmp_path: Path) -> None:
    assert report.gallery is not None
    label = report.gallery.easiest[-1].label
    choose = (
        f"var choice = document.getElementById('gallery-class'); choice.value = '{label}';"
        "choice.dispatchEvent(new Event('change'));"
    )
    page = browsed(render(report).replace("</body>", f"<script>{choose}</script></body>"), tmp_path)
    shown = {found[1] for found in re.finditer(r'<li data-class="(\d+)"(?! [^>]*hidden)[^>]*>', page)}
    assert shown == {str(label)}
    assert not re.search(r'id="gallery-choice"[^>]*hidden', page)
