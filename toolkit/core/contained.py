"""Checks that hardware sources stay within themselves before a tool reads them.

SystemVerilog is code: ``$system`` runs a program, ``$fopen`` opens any file, DPI and ``$c`` call C, an
``include`` reads any path. Sources may come from somebody else's run directory, so only what generated and
hand-written RTL needs is allowed, by list. Whatever could spell another name (pasted tokens, strings made by
macros, odd quotes) is refused as well, so that the text that is checked is the text that a tool reads.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from toolkit.core.errors import ForeignCode
from toolkit.core.paths import is_file

TASKS = frozenset(
    (
        # constant functions and conversions
        *("$bits", "$ceil", "$clog2", "$countones", "$floor", "$high", "$isunknown", "$left", "$low"),
        *("$onehot", "$onehot0", "$right", "$signed", "$size", "$typename", "$unsigned"),
        # messages and the end of a simulation
        *("$display", "$error", "$fatal", "$finish", "$info", "$sformatf", "$stop", "$time", "$warning"),
        # sampled values in assertions
        *("$changed", "$fell", "$past", "$rose", "$stable"),
        # memory images, whose names :func:`require_images` checks; the timing checks of cell models
        *("$readmemb", "$readmemh", "$setup", "$hold", "$setuphold", "$test$plusargs", "$value$plusargs"),
    )
)
"""System tasks and functions that sources may use."""
DIRECTIVES = frozenset(
    (
        *("define", "undef", "ifdef", "ifndef", "elsif", "else", "endif", "include"),
        *("default_nettype", "timescale", "resetall", "celldefine", "endcelldefine"),
    )
)
"""Compiler directives that sources may use; names that they define themselves are allowed, too."""

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/) | (?P<string>"(?:\\.|[^"\\\n])*") | (?P<escaped>\\[!-~]+)""",
    re.DOTALL | re.VERBOSE,
)
_RESERVED = r"systemc|verilator|verilog\b|line\b|pragma\b|uselib\b"
_DEFINED = re.compile(rf"`define\s+(?!{_RESERVED})(\w+)", re.ASCII)
"""A macro, unless its name is that of a directive: the definition might be one that a tool skips."""
_TICKED = re.compile(r"`(\w*)", re.ASCII)
_TASK = re.compile(r"(?P<before>[\w`$]?)(?P<task>\$[\w$]*)(?P<after>[`\\]?)", re.ASCII)
_LAST = re.compile(r"[:\[]\s*\$\s*\]")
"""The last element of a queue or of a range: the only ``$`` without a name."""
_ATTRIBUTE = re.compile(r"\b(cxxrtl|techmap)_\w+", re.ASCII)
"""An attribute whose text Yosys takes for C++, or for a script."""
_INCLUDED = re.compile(r'`include\s*"([\w-][\w.-]*)"', re.ASCII)
_IMAGE = re.compile(r"\bVL_READMEM_\w*\(")
_IMAGE_NAME = re.compile(r'(?:[\w ]+,){4}\s*(?:std::string\{)?"(?:\./)?[\w-][\w.-]*"s?\}?\s*,', re.ASCII)


def require_contained(
    sources: Iterable[Path], folders: Collection[Path] = (), defines: Collection[str] = ()
) -> None:
    """Check all files of a design that a tool is about to read.

    Args:
        sources: files in SystemVerilog, including those that can be included.
        folders: folders that are searched for included files.
        defines: names of macros that the tool gets.

    Raises:
        ForeignCode: a file uses a system task, a directive, an include or an odd character that is not
            allowed; names file, line and word.
    """
    texts = {path: path.read_bytes().decode("latin-1") for path in sources}
    known = {*defines, *(name for text in texts.values() for name in _DEFINED.findall(text))}
    for path, text in texts.items():
        if found := _foreign(text, known, folders, calls=path.resolve().is_relative_to(_PACKAGE)):
            at, word, expected = found
            line = text.count("\n", 0, at) + 1
            raise ForeignCode(f"{path}, line {line}", expected=expected, found=word, fix=_FIX)


_PACKAGE = Path(__file__).resolve().parents[1]
"""Files in here are ours: their models may call the C of a simulation, which is ours as well."""
_FIX = "Sources may not reach outside their run. If it is somebody else's run, do not trust it."


def _foreign(
    text: str, known: Collection[str], folders: Collection[Path], *, calls: bool
) -> tuple[int, str, str] | None:
    """Return position, word and what would be right of the first thing that is not allowed."""
    if odd := re.search(r'[\0\v\f]|\r(?!\n)|"""', text):
        return odd.start(), repr(odd[0]), "plain lines and quotes"
    for token in _TOKEN.finditer(text):
        if token["string"] in ('"DPI"', '"DPI-C"') and not calls:
            return token.start(), token[0], "no functions in C"
        if token["escaped"] and re.search(r'["`]|//|/\*', token[0]):
            return token.start(), token[0], "a name without quotes and slashes"
    bare = _TOKEN.sub(_blank, text)  # blanked out in place, so that positions stay
    for word in _TICKED.finditer(bare):
        at, name = word.start(), word[1]
        if name == "include":
            named = _INCLUDED.match(text, at)
            if named is None or not any(is_file(folder / named[1]) for folder in folders):
                return at, _line(text, at), "a file in a folder of the design"
        elif name not in DIRECTIVES and name not in known:
            return at, _line(text, at), "a directive that is allowed"
    if attribute := _ATTRIBUTE.search(bare):
        return attribute.start(), attribute[0], "no orders to a tool"
    last = {match.start() + match[0].index("$") for match in _LAST.finditer(bare)}
    for word in _TASK.finditer(bare):
        at = word.start("task")
        if at not in last and (word["task"] not in TASKS or word["before"] or word["after"]):
            return at, _line(text, at), "a system task that is allowed"
    return None


def _blank(token: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", token[0])


def _line(text: str, at: int) -> str:
    return text[at : at + 40].partition("\n")[0].strip()


def require_images(folder: Path) -> None:
    """Check the names of memory images in the C++ that Verilator wrote into ``folder``.

    Names may be put together from parameters, so they are known only after elaboration.

    Raises:
        ForeignCode: an image is not a file of the working folder, or a name is not a constant.
    """
    for file in sorted(folder.glob("*.cpp")):
        text = file.read_text()
        for call in _IMAGE.finditer(text):
            if _IMAGE_NAME.match(text, call.end()) is None:
                expected = "the constant name of a file in the design's folder of memory images"
                found = "".join(text[call.end() :].split(",", 5)[4:5]).strip()
                raise ForeignCode("a memory image", expected=expected, found=found, fix=_FIX)
