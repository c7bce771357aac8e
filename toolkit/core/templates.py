"""Text from templates. A value that a template needs and is not given is an error, not an empty text."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def render(template: Path, /, *folders: Path, **values: object) -> str:
    """Fill in a template; it may include others of its folder and of further ones, the first that has it.

    Raises:
        jinja2.UndefinedError: a value is missing.
    """
    return environment(template.parent, *folders).get_template(template.name).render(**values)


@lru_cache
def environment(*folders: Path, html: bool = False) -> Environment:
    """The templates of folders. A line that holds only a statement leaves no line in the text.

    Args:
        folders: with the templates; the first that has one counts.
        html: values are escaped; the page ends without the template's last line break.
    """
    return Environment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=not html,
        autoescape=html,
    )
