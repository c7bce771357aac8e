"""Configuration files: the options of a run in groups, as YAML, JSON or TOML."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import yaml

from hw_models.own import OwnReference
from toolkit.core.declaration import Option
from toolkit.core.errors import BadOption, OfframpError, UnknownName, together
from toolkit.core.reading import parse_json, reading
from toolkit.flow.options import DECLARED, Options, Place

MOST_BYTES = 2**16
"""Largest file that is read."""

_HEAD = """\
# The options of a run: `offramp build --config FILE` makes it. Options left out have their defaults; options
# given on the command line win. A relative path is below the folder that the command is started in."""


def to_yaml(options: Options) -> str:
    """Write every option with its value; help, range and default as comments."""
    lines = [_HEAD]
    for group, values in options.model_dump(mode="json").items():
        summary = str(type(getattr(options, group)).__doc__).partition("\n")[0]
        lines += ["", f"# {summary}", f"{group}:"]
        for name, value in values.items():
            # Some characters count as line breaks in YAML alone (U+0085): such a text is written in escapes.
            readable = str(value).isprintable()
            text = yaml.safe_dump({name: value}, allow_unicode=readable, width=10_000).rstrip("\n")
            lines += [f"  # {DECLARED[name].described}", textwrap.indent(text, "  ")]
    return "\n".join(lines)


def read_config(path: Path) -> dict[str, Any]:
    """Read the options in a configuration file.

    Args:
        path: ``.json``, ``.toml``, or else YAML.

    Returns:
        Option name -> value, for the options in the file, each checked on its own.

    Raises:
        BadOption: the file does not exist or is damaged, or a value has another type or is out of range.
        UnknownName: a group, an option or a named value (a model, a target) does not exist; the nearest names
            are suggested.
    """
    groups = _read(path)
    try:
        refused = Options.problems(groups, _named)
        rest = _without(groups, refused)
        options = Options.parse(rest, _named)
        values = {name: options.value(name) for group in rest.values() for name in group}
        problems = [*refused.values()]
        problems += [problem for name, value in values.items() for problem in _problems(name, value)]
        if problems:
            raise together(problems)
        network = options.network
        if network.qonnx is None and network.description is None and not OwnReference.is_one(network.model):
            network.spec()
    except (BadOption, UnknownName) as error:
        raise error.renamed(f"{path}: {error.what}") from error
    return values


def _without(groups: Any, refused: Collection[Place]) -> dict[str, dict[str, Any]]:
    """Return the groups without what was refused."""
    if () in refused:
        return {}
    return {
        group: {name: value for name, value in values.items() if (str(group), str(name)) not in refused}
        for group, values in groups.items()
        if (str(group),) not in refused
    }


def _problems(name: str, value: Any) -> list[OfframpError]:
    try:
        DECLARED[name].check(value, _named(DECLARED[name]))
    except (BadOption, UnknownName) as error:
        return [error]
    return []


def _named(one: Option) -> str:
    return f"{one.group}.{one.name}"


def _read(path: Path) -> Any:
    Option("", name="config", exists="file").check(path)
    parsers: dict[str, tuple[str, Callable[[str], Any]]] = {
        ".json": ("JSON", parse_json),
        ".toml": ("TOML", tomllib.loads),
    }
    kind, parse = parsers.get(path.suffix.lower(), ("YAML", _parse_yaml))
    with reading(str(path), f"{kind} in UTF-8", BadOption):
        if (size := path.stat().st_size) > MOST_BYTES:
            raise BadOption(f"{path}", expected=f"at most {MOST_BYTES:,} bytes", found=f"{size:,}")
        groups = parse(path.read_text(encoding="utf-8"))
    if not groups:
        raise BadOption(f"{path}", expected="groups of options", found="nothing")
    return groups


def _parse_yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f" in line {error.problem_mark.line + 1}"
        raise ValueError(f"{error.problem}{line}") from error
    except yaml.YAMLError as error:  # a character that no YAML may contain
        raise ValueError(str(error)) from error


class _PlainLoader(yaml.SafeLoader):
    """Reads mappings of plain values only.

    Anchors are refused, since a few lines of them unfold into gigabytes, tags, and keys that stand twice.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None or event.tag is not None:
            raise yaml.composer.ComposerError(
                None, None, "anchors, aliases and tags are not allowed", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a name stands twice", node.start_mark)
        return mapping


# YAML 1.1 takes 1:30 for 90, 020 for 16 and 1e-3 for a text; "<<" would merge mappings.
_PlainLoader.yaml_implicit_resolvers = {
    start: [one for one in resolvers if one[0].rpartition(":")[2] not in ("int", "float", "merge")]
    for start, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"[-+]?(0|[1-9][0-9]*)$"), list("-+0123456789")
)
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\d+\.\d*|\.\d+|(\d+\.?\d*|\.\d+)[eE][-+]?\d+)$|[-+]?\.(inf|nan)$"),
    list("-+.0123456789"),
)
