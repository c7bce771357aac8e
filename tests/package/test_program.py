"""The program of a package: decisions and packing as Offramp's own, and Python 3.8 with numpy alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.architecture.source import ABOARD
from toolkit.core.stream import Stream
from toolkit.exits.rules import integer_rule
from toolkit.package.offramp_board import decide
from toolkit.package.offramp_board.streams import BoardStream
from toolkit.sim.pack import pack, unpack

THRESHOLDS = {
    "top1": (0.05, 0.3, 0.9, 1.0),
    "entropy": (0.0, 0.2, 1.0, 2.397),
    "margin": (0.0, 0.7, 3.0, 900.0),
}


@pytest.mark.parametrize(("criterion", "threshold"), [(c, t) for c, row in THRESHOLDS.items() for t in row])
@pytest.mark.parametrize("fraction_bits", [4, 8, 9, 14])
def test_decisions_are_those_of_the_policy(criterion: str, threshold: float, fraction_bits: int) -> None:
    rule = integer_rule(criterion, threshold, 0.25, 11, fraction_bits=fraction_bits, logit_bits=9)
    about = {"criterion": criterion, **rule.constants()}
    generator = np.random.default_rng(0)
    near = generator.integers(-6, 7, (400, 11))
    logits = np.concatenate([near, generator.integers(-256, 256, (400, 11)), np.zeros((1, 11), np.int64)])
    assert np.array_equal(decide.leaves(about, logits), rule.leaves(logits))


@settings(max_examples=60, deadline=None)
@given(
    bits=st.integers(1, 25),
    signed=st.booleans(),
    lanes=st.integers(1, 9),
    beats=st.integers(1, 7),
    data=st.data(),
)
def test_bytes_are_those_of_the_streams(
    bits: int, signed: bool, lanes: int, beats: int, data: st.DataObject
) -> None:
    stream, own = Stream("s", bits, signed, lanes, beats), BoardStream(bits, signed, lanes, beats)
    low, high = int(stream.low), int(stream.high)
    values = np.array(
        data.draw(st.lists(st.integers(low, high), min_size=beats * lanes, max_size=beats * lanes))
    )
    frame = pack(values.reshape(1, beats, lanes), stream)
    assert own.frame_bytes == frame.size
    assert np.array_equal(own.pack(values), frame.reshape(-1))
    assert np.array_equal(own.unpack(frame.reshape(-1)), unpack(frame, stream).reshape(-1))


def test_it_runs_on_python_3_8(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("vermin")), "-t=3.8-", "--no-tips", "--violations"]
    checked = subprocess.run([*command, str(ABOARD)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    (later := tmp_path / "later.py").write_text("pairs = list(zip([1], [2], strict=True))\n")
    assert subprocess.run([*command, str(later)], capture_output=True, check=False).returncode == 1


class Bare(ast.NodeTransformer):
    """Leaves out annotations, which are never evaluated there."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return ast.Expr(node.value or ast.Constant(None))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)


def test_types_that_python_3_8_lacks_stand_in_annotations_alone() -> None:
    for file in ABOARD.glob("*.py"):
        tree = Bare().visit(ast.parse(file.read_text()))
        assert "from __future__ import annotations" in file.read_text() or file.name == "__init__.py"
        generic = [node for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
        assert not {ast.unparse(node.value) for node in generic} & {"list", "dict", "tuple", "set", "type"}


def test_it_imports_numpy_and_a_driver_at_most() -> None:
    found = set()
    for file in ABOARD.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(), feature_version=(3, 8))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add((node.module or "").split(".")[0])
    assert found - set(sys.stdlib_module_names) == {"numpy", "serial", "pynq"}
