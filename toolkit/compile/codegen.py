"""Generates the RTL of a hardware layer: FINN+ fills in its templates, we patch and describe them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from onnx import NodeProto
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.util.basic import roundup_to_integer_multiple

from toolkit import rtl
from toolkit.compile.converter import converter_cycles
from toolkit.compile.legal import HARDWARE
from toolkit.compile.ops.wrapper import BlockWrapper
from toolkit.compile.rtllib import patched_text
from toolkit.compile.segment import PRODUCTS, Node, WeightStream
from toolkit.compile.weights import memory_words, write_memory
from toolkit.core.errors import ArtifactError
from toolkit.core.stream import Stream
from toolkit.families import of_part

_CLOCK_NS = 10.0  # affects only FINN's length of DSP chains, which portable RTL does not have
_PORT = re.compile(r"^\s*(input|output)\s+(?:logic|wire|reg)?\s*(?:\[[^\]]*\]\s*)*(\w+)", re.MULTILINE)
_CORE = ("mvu.sv", "add_multi.sv", "mvu_vvu_8sx9_dsp58.sv")
"""Files of FINN+ that instantiate DSP blocks, replaced by our ``mvu.sv``."""
_DESCRIBED = {  # attributes that verification and reports read from the description of a layer
    "FMPadding_rtl": ("Padding", "SIMD"),
    "ConvolutionInputGenerator_rtl": ("ConvKernelDim", "Stride", "parallel_window", "SIMD"),
    "Window_rtl": ("ConvKernelDim", "Stride", "Padding", "SIMD"),
    "MVAU_rtl": ("MW", "MH", "PE", "SIMD"),
    "Depthwise_rtl": ("Taps", "PE", "SIMD"),
    "Thresholding_rtl": ("PE", "numSteps", "ActVal"),
    "MaxPool_rtl": ("KernelSize", "Stride", "Padding", "PE"),
    "BiasAdd_rtl": ("PE",),
    "StreamingDataWidthConverter_rtl": ("inWidth", "outWidth"),
}


@dataclass(frozen=True)
class Generated:
    """The RTL of one node.

    Attributes:
        node: description of the node.
        library: files of FINN+'s RTL library that it instantiates, in compile order.
        own: names of files of ``toolkit/rtl`` that it instantiates.
        sources: generated files.
        data: generated memory images.
    """

    node: Node
    library: tuple[str, ...]
    own: tuple[str, ...]
    sources: tuple[Path, ...]
    data: tuple[Path, ...]


def generate(model: ModelWrapper, onnx_node: NodeProto, layer: str, part: str, folder: Path) -> Generated:
    """Generate one node's RTL into ``folder``.

    Args:
        model: folded chain with final node names.
        onnx_node: node of that chain.
        layer: network layer that the node belongs to.
        part: part whose kind of DSP block products are made for.
        folder: empty folder for this node only.

    Raises:
        ArtifactError: generated text contains an unfilled template key or an absolute path.
    """
    op, kind = getCustomOp(onnx_node), HARDWARE[onnx_node.op_type]
    op.set_nodeattr("code_gen_dir_ipgen", str(folder))
    if kind == "mvau":
        _generate_mvau(model, op, part, folder)
    else:
        if kind == "depthwise":
            _write_weights(model, op, folder, 1)
        op.generate_hdl(model, part, _CLOCK_NS)
    _finish_texts(folder)
    sources = sorted(f for f in folder.iterdir() if f.suffix in (".v", ".sv"))
    module = str(op.get_nodeattr("gen_top_module"))
    library, own = _needed(op, kind, folder)
    return Generated(
        node=_describe(op, model, kind, layer, module, part, folder),
        library=library,
        own=own,
        sources=tuple(sources),
        data=tuple(sorted(folder.glob("*.dat"))),
    )


def _generate_mvau(model: ModelWrapper, op: Any, part: str, folder: Path) -> None:
    """Generate an MVAU as FINN+ does, but with our own weight image at a relative path."""
    _write_weights(model, op, folder, op.get_nodeattr("PE"))
    # FINN+'s generate_params packs the weights element by element, for C++ simulation and again for RTL, and
    # its generate_infra_hdl names the image by an absolute path. Our image is written above and streamed by
    # offramp_weights.sv, so both are replaced.
    op.generate_params = lambda *_: None
    op.generate_infra_hdl = lambda *_: None
    products = op.get_nodeattr("resType")
    op.set_nodeattr("resType", "auto")  # FINN+ knows no products in look-up tables
    op.generate_hdl(model, part, _CLOCK_NS)
    op.set_nodeattr("resType", products)
    if products != "auto":
        (wrapper,) = folder.glob("*_wrapper.v")
        text, count = re.subn(
            r"VERSION = \d+", f"VERSION = {of_part(part).versions[products]}", wrapper.read_text()
        )
        if count != 1:
            raise ArtifactError(f"generated {wrapper.name}", expected="one VERSION", found=count)
        wrapper.write_text(text)


def _write_weights(model: ModelWrapper, op: Any, folder: Path, rows: int) -> None:
    """Write the weight image of a product: ``rows`` outputs in a word, SIMD inputs of each.

    A depthwise product takes its weights in the order of its inputs, as one row.
    """
    bits, weights = op.get_input_datatype(1).bitwidth(), model.get_initializer(op.onnx_node.input[1])
    matrix = weights.reshape(-1, 1) if HARDWARE[op.onnx_node.op_type] == "depthwise" else weights
    words = memory_words(matrix, rows, op.get_nodeattr("SIMD"), bits)
    write_memory(folder / f"{op.onnx_node.name}_weights.dat", words)


def _finish_texts(folder: Path) -> None:
    for file in folder.iterdir():
        if file.suffix not in (".v", ".sv"):
            continue
        text = patched_text(_template_of(file.name), file.read_text())
        if re.search(r"\$[A-Z_]{2,}\$", text) or str(folder) in text:
            raise ArtifactError(f"generated {file.name}", expected="no template key or absolute path left")
        file.write_text(text)


def _template_of(name: str) -> str:
    """Return the library template of a generated file, since patches are written for templates."""
    return "swg/swg_template_default.sv" if name.endswith("_impl.sv") else name


def _needed(op: Any, kind: str, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the library files of FINN+ and the files of ``toolkit/rtl`` that the node instantiates."""
    files = [Path(str(f)) for f in op.get_rtl_file_list(abspath=True)]
    outside = [f for f in files if folder not in f.parents]
    if kind == "depthwise":
        blocks = ("offramp_weights.sv", *(f.name for f in outside))
        if op.get_nodeattr("resType") == "auto":  # FINN+'s arithmetic, as the other products have it then
            return tuple(f"mvu/{name}" for name in ("mvu_pkg.sv", *_CORE[:2])), blocks
        return (), ("mvu.sv", *blocks)
    if isinstance(op, BlockWrapper):
        return (), tuple(f.name for f in outside if f.parent == rtl.FOLDER)
    if kind != "mvau":
        return tuple(str(f) for f in outside if f.name != "dwc_axi.sv"), ()
    if op.get_nodeattr("resType") == "auto":
        return tuple(map(str, outside)), ("offramp_weights.sv",)
    library = tuple(str(f) for f in outside if f.name not in _CORE)
    return library, ("offramp_weights.sv", "mvu.sv")


def _describe(
    op: Any, model: ModelWrapper, kind: str, layer: str, module: str, part: str, folder: Path
) -> Node:
    tie_low, unused = _idle_ports(folder, module, keep="in1_V" if kind in PRODUCTS else "")
    source = _stream(
        "in0_V", op.get_input_datatype(), op.get_folded_input_shape(), op.get_normal_input_shape()
    )
    sink = _stream(
        "out0_V", op.get_output_datatype(), op.get_folded_output_shape(), op.get_normal_output_shape()
    )
    return Node(
        name=op.onnx_node.name,
        kind=kind,
        layer=layer,
        module=module,
        input=source,
        output=sink,
        tie_low=tie_low,
        unused=unused,
        weights=_weight_stream(op) if kind in PRODUCTS else None,
        attributes={name: _plain(op.get_nodeattr(name)) for name in _DESCRIBED[op.onnx_node.op_type]},
        cycles=converter_cycles(source, sink) if kind == "width" else int(op.get_exp_cycles()),
        resources=_resources(op, model, part),
    )


def _resources(op: Any, model: ModelWrapper, part: str) -> dict[str, float]:
    kind = HARDWARE[op.onnx_node.op_type]
    found = of_part(part).estimator.estimate(op, kind, model, part)
    uram = float(op.node_res_estimation(part)["URAM"])
    return {"LUT": found.lut, "BRAM_18K": found.bram, "DSP": found.dsp, "URAM": uram}


def _stream(name: str, dtype: Any, folded: Any, normal: Any) -> Stream:
    return Stream(
        name,
        element_bits=dtype.bitwidth(),
        signed=bool(dtype.signed()),
        lanes=int(folded[-1]),
        beats=prod(int(n) for n in folded[:-1]),
        shape=tuple(int(n) for n in normal[1:]),
    )


def _weight_stream(op: Any) -> WeightStream:
    bits = roundup_to_integer_multiple(op.get_instream_width(1), 8)
    per_frame, (*positions, _) = op.get_folded_input_shape(), op.get_normal_output_shape()
    words = prod(per_frame[:-1]) // prod(positions)  # the beats of one position
    if HARDWARE[op.onnx_node.op_type] == "mvau":
        words *= op.get_nodeattr("MH") // op.get_nodeattr("PE")
    return WeightStream(bits, words, f"{op.onnx_node.name}_weights.dat")


def _idle_ports(folder: Path, module: str, keep: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return inputs and outputs of the module besides clock, reset and data streams."""
    files = [f for f in folder.iterdir() if re.search(rf"^module {module}\b", f.read_text(), re.MULTILINE)]
    text = files[0].read_text()
    ports = [(d, n) for d, n in _PORT.findall(text[text.index(f"module {module}") :])]
    used = ("in0_V", "out0_V", "ap_clk", "ap_rst_n", *([keep] if keep else []))
    idle = [(d, n) for d, n in ports if n == "ap_clk2x" or not n.startswith(used)]
    return tuple(n for d, n in idle if d == "input"), tuple(n for d, n in idle if d == "output")


def _plain(value: Any) -> Any:
    """Return an attribute value as a JSON type."""
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return [int(v) for v in value]
    return value
