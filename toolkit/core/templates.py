"""Jinja templates. A value that a template uses but is not given is an error, not empty text."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def render(template: Path, /, *folders: Path, **values: object) -> str:
    """Fill in a template, which may include others of its folder and then of ``folders``.

    Raises:
        jinja2.UndefinedError: a value is missing.
    """
    return environment(template.parent, *folders).get_template(template.name).render(**values)


@lru_cache
def environment(*folders: Path, html: bool = False) -> Environment:
    """Return the environment for templates in ``folders``; a line with only a statement leaves no line.

    Args:
        folders: folders that are searched in order.
        html: whether to escape values and to drop the template's last line break.
    """
    return Environment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=not html,
        autoescape=html,
    )
