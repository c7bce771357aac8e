"""FINN+'s RTL library as it is, repaired, or with one patch left out; and the units to try it with."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from toolkit.compile.rtllib import Patch, library_root

MVU = [f"mvu/{name}.sv" for name in ("mvu_pkg", "add_multi", "replay_buffer", "mvu", "mvu_vvu_8sx9_dsp58")]
THRESHOLDING = [
    "axi/hdl/axilite.sv",
    "thresholding/hdl/thresholding.sv",
    "thresholding/hdl/thresholding_axi.sv",
]
MEMSTREAM = ["axi/hdl/axilite.sv", "memstream/hdl/memstream.sv", "memstream/hdl/memstream_axi.sv"]
PADDING = [f"fmpadding/hdl/{name}.sv" for name in ("axi2we", "fmpadding", "fmpadding_axi")]
WINDOW = ["swg/swg_pkg.sv", "swg/swg_common.sv"]
WINDOW_TOP = "window_top.sv"


@dataclass(frozen=True)
class Unit:
    """A module of the library with parameters to elaborate it with."""

    top: str
    files: tuple[str, ...]
    parameters: Mapping[str, int | str]

    def __str__(self) -> str:
        return "-".join([self.top, *(f"{name}{value}" for name, value in self.parameters.items())])

    def sources(self, root: Path) -> list[Path]:
        return [root / file for file in self.files]


def unit(top: str, files: list[str], **parameters: int | str) -> Unit:
    return Unit(top, tuple(files), parameters)


def mvau(simd: int, pe: int, weight: int, activation: int) -> Unit:
    """A matrix-vector unit of 2*pe rows and 3*simd columns."""
    accumulator = weight + activation + 10
    values = {"MW": 3 * simd, "MH": 2 * pe, "SIMD": simd, "PE": pe, "ACCU_WIDTH": accumulator}
    bits = {"WEIGHT_WIDTH": weight, "ACTIVATION_WIDTH": activation, "IS_MVU": 1, "VERSION": 1}
    return unit("mvu_vvu_axi", [*MVU, "mvu/mvu_vvu_axi.sv"], **values, **bits, FORCE_BEHAVIORAL=1)


def threshold(steps: int, channels: int, pe: int, **more: int) -> Unit:
    return unit(
        "thresholding_axi", THRESHOLDING, WI=12, WT=12, N=steps, C=channels, PE=pe, USE_AXILITE=0, **more
    )


def width(bits_in: int, bits_out: int) -> Unit:
    return unit("dwc_axi", ["dwc/hdl/vpc.sv", "dwc/hdl/dwc_axi.sv"], IBITS=bits_in, OBITS=bits_out)


def padding(channels: int, simd: int) -> Unit:
    edges = {"XON": 2, "XOFF": 30, "XEND": 31, "YON": 2, "YOFF": 30, "YEND": 31}
    counters = {
        "XCOUNTER_BITS": 6,
        "YCOUNTER_BITS": 6,
        "NUM_CHANNELS": channels,
        "SIMD": simd,
        "ELEM_BITS": 4,
    }
    return unit("fmpadding_axi", PADDING, **counters, **{f"INIT_{k}": v for k, v in edges.items()})


def memory(depth: int, bits: int) -> Unit:
    return unit("memstream_axi", MEMSTREAM, SETS=1, DEPTH=depth, WIDTH=bits)


def window_controller() -> Unit:
    """The controller all window generators share; its parameters need a wrapper (an enum, see below)."""
    return unit("window_top", [*WINDOW, WINDOW_TOP])


def queue(depth: int) -> Unit:
    return unit("fifo", ["fifo/hdl/fifo.sv"], DEPTH=depth, DATA_WIDTH=8)


def skid(stages: int) -> Unit:
    return unit("skid", ["skid/skid.sv"], DATA_WIDTH=8, FEED_STAGES=stages)


def without(patch: Patch, repaired: Path, dest: Path) -> None:
    """Copy the repaired library to ``dest`` with the file of ``patch`` as FINN+ has it."""
    shutil.copytree(repaired, dest)
    shutil.copyfile(library_root() / patch.file, dest / patch.file)


def write_window_top(root: Path) -> None:
    """Write the wrapper of the window controller into the library at ``root``."""
    values = {f"LOOP_{name}_ITERATIONS": 3 for name in ("H", "W", "KH", "KW", "SIMD")}
    values |= {f"HEAD_INCR_{name}": 1 for name in ("SIMD", "KW", "KH", "W", "H")}
    values |= {f"TAIL_INCR_{name}": 1 for name in ("W", "H", "LAST")}
    values |= {"INCR_BITWIDTH": 8, "IS_DEPTHWISE": 1}
    given = ", ".join(f".{name}({value})" for name, value in values.items())
    (root / WINDOW_TOP).write_text(
        "module window_top (input logic clk, input logic rst_n, input logic advance,\n"
        "  output logic [7:0] addr_incr, output logic [7:0] tail_incr);\n"
        f"  swg_controller #({given}, .INNERMOST_STATE(swg::STATE_LOOP_KW)) controller (.*);\n"
        "endmodule\n"
    )


def make_window(
    attributes: Mapping[str, int | list[int]], root: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Path]:
    """Have FINN generate a window generator, module ``window``, from the templates below ``root``."""
    monkeypatch.setenv("FINN_BUILD_DIR", str(dest / "build"))
    from finn.util.settings import get_settings

    monkeypatch.setattr(get_settings(), "finn_rtllib", str(root))
    kernel, size, channels = attributes["ConvKernelDim"], 12, attributes["IFMChannels"]
    assert isinstance(kernel, list)
    assert isinstance(channels, int)
    out, area = size - kernel[0] + 1, kernel[0] * kernel[1]
    rest: dict[str, Any] = {
        **attributes,
        **{"IFMDim": [size] * 2, "OFMDim": [out] * 2, "Stride": [1, 1], "Dilation": [1, 1], "M": 1},
        **{"inputDataType": "UINT4", "outputDataType": "UINT4", "is1D": 0, "dynamic_mode": 0, "depthwise": 0},
    }
    node = helper.make_node(
        "ConvolutionInputGenerator_rtl",
        ["x"],
        ["y"],
        name="window",
        domain="finn.custom_op.fpgadataflow.rtl",
        backend="fpgadataflow",
        **rest,
    )
    info = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, size, size, channels]),
        helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, out, out, area * channels]),
    ]
    model = ModelWrapper(helper.make_model(helper.make_graph([node], "g", info[:1], info[1:])))
    operator = getCustomOp(model.graph.node[0])
    (dest / "build").mkdir(parents=True)
    operator.set_nodeattr("code_gen_dir_ipgen", str(dest))
    operator.generate_hdl(model, "xc7z020clg400-1", 10)
    return sorted(path for path in dest.iterdir() if path.suffix in (".v", ".sv"))
