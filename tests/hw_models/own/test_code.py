"""A user's file is named, run, and blamed in one line with the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from hw_models.own import Images, OwnReference
from hw_models.own.network import read
from tests.hw_models.own.files import DIGITS, NET, described
from toolkit.core.errors import BadOption, OfframpError, UnknownName


@pytest.mark.parametrize(
    ("text", "one"),
    [("my_net.py:MyNet", True), ("a/b c.py:x", True), ("my_net.py", True), ("b_lenet", False), ("py", False)],
)
def test_what_names_a_file(text: str, one: bool) -> None:
    assert OwnReference.is_one(text) is one


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("my_net.py", "network my_net.py; expected FILE.py:NAME, a class or function; found no name"),
        ("my_net.py:", "expected FILE.py:NAME"),
        ("nowhere.py:MyNet", "network nowhere.py:MyNet; expected a Python file; found no file nowhere.py"),
        (f"{'n' * 300}.py:MyNet", "expected a Python file"),
        ("a\0.py:MyNet", "expected a Python file"),
        ("my_net.py:a/b", "expected a name of letters, digits and _, at most 64; found 'a/b'"),
        ("my_net.py:../x", "expected a name of letters"),
        ("my_net.py:" + "n" * 65, "expected a name of letters"),
        ("my_net.py:Größe", "expected a name of letters"),
    ],
)
def test_what_is_no_name_of_a_network(text: str, words: str) -> None:
    with pytest.raises(BadOption, match=words):
        OwnReference.of(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "x = 1\ny = 1 / 0\n",
            r"my_net\.py:2; expected Python code .*found ZeroDivisionError: division",
        ),
        ("x = (\n", r"my_net\.py:1; expected Python code .*; found SyntaxError: '\(' was never closed"),
        ("import nothing_of_this_name", r"my_net\.py:1; .*found ModuleNotFoundError: No module named"),
        ("import sys\nsys.exit(3)\n", r"my_net\.py:2; .*found SystemExit: 3"),
        ("raise ValueError('two\\nlines')", r"my_net\.py:1; .*found ValueError: two lines"),
        ("raise ValueError", r"my_net\.py:1; expected Python code that can be run; found ValueError$"),
        ("class Other: pass", r"unknown class or function of .*my_net\.py 'MyNet'; expected one of Other\."),
        ("MyNet = 3", r"my_net\.py: MyNet; expected a class or function that gives an nn.Module; found int"),
        ("def MyNet(): return 3", r"my_net\.py: MyNet\(\); expected an nn.Module; found int"),
        (
            "def MyNet(width, *, depth): pass",
            r"MyNet; expected .*no arguments; found width, depth\. Give",
        ),
        ("\n\ndef MyNet():\n    return {}['x']", r"my_net\.py:4; expected a network; found KeyError: 'x'"),
        ("def f():\n    f()\nf()", r"my_net\.py:2; .*found RecursionError"),
    ],
)
def test_files_that_give_no_network_are_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(OfframpError, match=words) as error:
        described(tmp_path, text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\0", b"# coding: nothing\n"])
def test_files_that_are_no_python_are_one_line(tmp_path: Path, content: bytes) -> None:
    (file := tmp_path / "my_net.py").write_bytes(content)
    with pytest.raises(BadOption, match=r"my_net\.py.*expected Python code"):
        read(OwnReference.of(f"{file}:MyNet"), DIGITS)


def test_an_error_in_init_and_in_forward_has_its_place(tmp_path: Path) -> None:
    with pytest.raises(BadOption, match=r"my_net\.py:15; expected a network; found TypeError: .*missing 1"):
        described(tmp_path, NET, ("nn.Linear(8 * 4 * 4, 10)", "nn.Linear(10)"))
    with pytest.raises(BadOption, match=r"my_net\.py:19; .*found AttributeError: .* no attribute 'erly'"):
        described(tmp_path, NET, ("self.early(torch", "self.erly(torch"))


def test_factories_modules_and_neighbours_will_do(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text(NET)
    text = """
from dataclasses import dataclass

from beside import MyNet


@dataclass
class Size:
    width: int = 3


def make(width=Size().width, **more):
    return MyNet()


made = MyNet()
"""
    for name in ("make", "made", "MyNet"):
        assert described(tmp_path, text, name=name).network.name == name
    with pytest.raises(OfframpError, match=r"beside\.py:13\); expected 3 classes"):
        described(tmp_path, text, images=Images("three", (1, 28, 28), 3))


def test_an_error_in_a_neighbour_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("\n\nraise OSError('no')\n")
    with pytest.raises(BadOption, match=r"beside\.py:3; .*found OSError: no"):
        described(tmp_path, "from beside import MyNet")


def test_a_file_is_read_anew(tmp_path: Path) -> None:
    """Even if size and time are the same, as they may be within a second."""
    assert described(tmp_path, NET).network.trunks[1][0].out_channels == 8  # type: ignore[union-attr]
    text = (("4, 8, 3", "4, 9, 3"), ("8 * 4 * 4", "9 * 4 * 4"))
    assert described(tmp_path, NET, *text).network.trunks[1][0].out_channels == 9  # type: ignore[union-attr]
    with pytest.raises(UnknownName):
        described(tmp_path, "x = 1")
