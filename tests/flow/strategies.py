"""Options that are legal one by one, for property tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from hypothesis import strategies as st

import hw_models
from toolkit.core.declaration import NUMBERS, Option
from toolkit.flow import Options
from toolkit.flow.groups import AIMS
from toolkit.flow.options import DECLARED

_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


def values(one: Option) -> st.SearchStrategy[Any]:
    """Values of an option, as its declaration has them; paths are absolute, as a record makes them."""
    if get_origin(one.kind) is Literal:
        return st.sampled_from(get_args(one.kind))
    if one.kind is bool:
        return st.booleans()
    if one.kind is Path:
        return _TEXTS.map(lambda text: Path("/", text))
    if one.kind == NUMBERS:
        return st.lists(st.floats(one.low, one.high), min_size=1, max_size=4).map(tuple)
    if one.kind is str:
        return st.sampled_from(sorted(one.among() if callable(one.among) else one.among))
    if one.kind is int:
        assert one.low is not None
        assert one.high is not None
        return st.integers(int(one.low), int(one.high))
    low = one.above if one.low is None else one.low
    high = one.below if one.high is None else one.high
    return st.floats(low, high, exclude_min=one.above is not None, exclude_max=one.below is not None)


TEXTS = ("model", "description", "layer_bits", "remote", "scheduler", "monitor")
"""Options that are any text."""
VALUES = {
    **{name: values(one) for name, one in DECLARED.items() if name not in TEXTS},
    "model": st.sampled_from(hw_models.names()),
    "description": _TEXTS,
    "layer_bits": st.sampled_from(["trunk0.conv0=3/4", "trunk0.conv0=2/8,head0.linear0=5/5"]),
    "remote": st.just("user@host"),
    "scheduler": st.just("tcp://host:8786"),
    "monitor": st.sampled_from(["val_loss", "val_combined"]),
}
"""Values of each option."""


@st.composite
def options(draw: st.DrawFn, among: tuple[str, ...] = tuple(DECLARED)) -> Options:
    """Some options changed, at most one aim among them."""
    names = draw(st.sets(st.sampled_from(among)))
    aims = sorted(names & set(AIMS))
    return Options.of(**{name: draw(VALUES[name]) for name in sorted(names - set(aims[1:]))})
