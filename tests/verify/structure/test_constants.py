"""Constants in the RTL of the tiny network equal the export's, and every single changed bit is named."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import toolkit.verify.structure as package
from tests.conftest import Compiled
from toolkit.compose import Accelerator, compose_chain
from toolkit.core.errors import ArtifactError, NothingCompared, VerificationMismatch
from toolkit.core.topology import head, trunk
from toolkit.verify.structure import require_structure
from toolkit.verify.structure.exported import LinearConstants, QuantiserConstants, layers


@pytest.fixture(scope="module")
def path(tiny: Compiled) -> Accelerator:
    return tiny.compose(1, tiny.folder / "structure")


@pytest.fixture
def copy(path: Accelerator, tmp_path: Path) -> Accelerator:
    shutil.copytree(path.path, tmp_path / "exit1")
    return Accelerator.load(tmp_path / "exit1")


def test_everything_is_counted(tiny: Compiled, path: Accelerator, tmp_path: Path) -> None:
    stage = compose_chain(
        "stage0", [tiny.segments[trunk(0)], tiny.segments[head(0)]], tmp_path / "stage0", branch=True
    )
    found = require_structure(tiny.graphs, [path, stage])
    parts = [trunk(0), trunk(1), head(1), trunk(0), head(0)]
    known = [layer for part in parts for layer in layers(tiny.graphs.segments[part])]
    assert found.weights == sum(layer.weights.size for layer in known if isinstance(layer, LinearConstants))
    assert found.thresholds == sum(
        layer.thresholds.size for layer in known if isinstance(layer, QuantiserConstants)
    )
    assert found.biases == 6
    assert found.parameters > 50
    with pytest.raises(NothingCompared, match="constants of the RTL"):
        require_structure(tiny.graphs, [])


def flips(file: Path, words: slice, bits: int) -> Iterator[tuple[int, int]]:
    """Flip each of the lowest bits of some words of a memory image in turn; yields word and bit."""
    lines = file.read_text().split()
    for word, line in [*enumerate(lines)][words]:
        for bit in range(bits):
            changed = f"{int(line, 16) ^ (1 << bit):0{len(line)}x}"
            file.write_text("\n".join([*lines[:word], changed, *lines[word + 1 :]]) + "\n")
            yield word, bit
    file.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("layer", ["trunk0.conv0", "trunk1.linear0", "head1.linear0"])
def test_every_bit_of_a_weight_is_named(tiny: Compiled, copy: Accelerator, layer: str) -> None:
    node = next(node for node in copy.nodes if node.layer == layer and node.kind == "mvau")
    assert node.weights is not None
    pe, simd = node.attributes["PE"], node.attributes["SIMD"]
    groups = node.attributes["MW"] // simd
    for word, bit in flips(
        copy.path / "data" / node.weights.image, slice(None, None, node.weights.words - 1), 4 * pe * simd
    ):
        output, column = word // groups * pe + bit // 4 // simd, word % groups * simd + bit // 4 % simd
        place = rf"layer {layer} \(mvau .* weight of output channel {output}, input {column} \(word {word},"
        with pytest.raises(VerificationMismatch, match=place):
            require_structure(tiny.graphs, [copy])
    assert require_structure(tiny.graphs, [copy]).weights


def named_difference(tiny: Compiled, copy: Accelerator) -> str:
    try:
        require_structure(tiny.graphs, [copy])
    except VerificationMismatch as error:
        return str(error)
    return ""


def test_one_step_of_every_threshold_that_can_matter_is_named(tiny: Compiled, copy: Accelerator) -> None:
    node = next(node for node in copy.nodes if node.name == "trunk0_threshold0")
    (layer,) = (one for one in layers(tiny.graphs.segments[trunk(0)]) if isinstance(one, QuantiserConstants))
    matter = ((layer.thresholds > layer.low[:, None]) & (layer.thresholds <= layer.high[:, None])).sum()
    named = set()
    for file in sorted((copy.path / "data").glob(f"{node.name}_threshs_*.dat")):
        for word, _ in flips(file, slice(None), 1):
            message = named_difference(tiny, copy)
            if message:  # a step out of reach may stay out of reach
                assert re.search(r"relu0 .*threshold of channel \d+, step to \d+ \(PE \d, fold \d\)", message)
                named.add((file.name, word))
    assert len(named) >= matter > 0


def edit(copy: Accelerator, file: str, find: str, put: str) -> None:
    path = copy.path / "rtl" / file
    text = path.read_text()
    assert len(re.findall(find, text)) == 1
    path.write_text(re.sub(find, put, text))


@pytest.mark.parametrize(
    ("file", "find", "put", "message"),
    [
        ("head1_bias0.sv", r"(\.BIAS\(\d+'h\w*)(\w)\)", r"\g<1>0)", r"head1.linear0 .*bias of channel 0"),
        ("trunk0_window0.sv", r"PAD_TOP\(1\)", "PAD_TOP(0)", "PAD_TOP; expected 1; found 0"),
        ("trunk0_pool0.sv", r"STRIDE_W\(2\)", "STRIDE_W(1)", r"trunk0.pool0 .*parameter STRIDE_W"),
        ("trunk0_mvau0_wrapper.v", r"ACCU_WIDTH = \d+", "ACCU_WIDTH = 6", r"trunk0.conv0 .*accumulator"),
        ("trunk0_threshold0.v", r"BIAS   = 0", "BIAS   = 1", "parameter BIAS; expected 0; found 1"),
        ("trunk1.sv", r"trunk1_mvau0 trunk1", "trunk1_mvau0 #(.MH(1)) trunk1", "given to its instance"),
    ],
)  # fmt: skip
def test_a_changed_constant_of_the_source_is_named(
    tiny: Compiled, copy: Accelerator, file: str, find: str, put: str, message: str
) -> None:
    edit(copy, file, find, put)
    with pytest.raises(VerificationMismatch, match=message):
        require_structure(tiny.graphs, [copy])


def test_another_layers_image_is_found(tiny: Compiled, copy: Accelerator) -> None:
    edit(copy, "trunk1.sv", r'"trunk1_mvau1_weights.dat"', '"trunk1_mvau0_weights.dat"')
    with pytest.raises(ArtifactError, match="words of memory image"):
        require_structure(tiny.graphs, [copy])


@pytest.mark.parametrize(("node", "kind"), [("head1_bias0", "bias"), ("trunk0_pool0", "pool")])
def test_a_missing_layer_is_found(tiny: Compiled, copy: Accelerator, node: str, kind: str) -> None:
    left = tuple(one for one in copy.nodes if one.name != node)
    without = copy.model_copy(update={"nodes": left})
    with pytest.raises(VerificationMismatch, match=f"in the RTL of exit1; expected a {kind}; found none"):
        require_structure(tiny.graphs, [without])


def test_a_damaged_image_is_refused(tiny: Compiled, copy: Accelerator) -> None:
    file = copy.path / "data" / "head1_mvau0_weights.dat"
    text = file.read_text()
    for damaged, message in (
        (text + text, "words of memory image"),
        ("fffff" + text, "expected .* bits; found 0xfff"),
        ("zz" + text[2:], "hexadecimal words"),
        (None, "expected a file; found none"),
    ):
        file.unlink() if damaged is None else file.write_text(damaged)
        with pytest.raises(ArtifactError, match=message):
            require_structure(tiny.graphs, [copy])


def test_it_shares_no_code_with_what_made_the_constants() -> None:
    allowed = {
        "toolkit.compile.segment",
        "toolkit.exits",
        "toolkit.exits.rules",
    }  # descriptions, what is checked
    for file in Path(package.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                made = node.module.startswith(("toolkit.compile", "toolkit.exits", "qonnx", "finn"))
                assert not made or node.module in allowed, f"{file.name} imports {node.module}"
