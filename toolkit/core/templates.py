"""Text from templates. A value that a template needs and is not given is an error, not an empty text."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def render(template: Path, /, **values: object) -> str:
    """Fill in a template; it may include others of its folder.

    Raises:
        jinja2.UndefinedError: a value is missing.
    """
    return environment(template.parent).get_template(template.name).render(**values)


@lru_cache
def environment(folder: Path, *, html: bool = False) -> Environment:
    """The templates of a folder. A line that holds only a statement leaves no line in the text.

    Args:
        folder: with the templates.
        html: values are escaped; the page ends without the template's last line break.
    """
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=not html,
        autoescape=html,
    )
