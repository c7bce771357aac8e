"""The base of our custom operations: a wrapper with FINN's port names around a block of ``toolkit/rtl``."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from finn.custom_op.fpgadataflow.hwcustomop import HWCustomOp
from finn.custom_op.fpgadataflow.rtlbackend import RTLBackend
from qonnx.core.datatype import DataType

from toolkit import rtl

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper

_WRAPPER = Template("""\
// $module: $block between streams with FINN's port names.
module $module (
  input  logic                   ap_clk,
  input  logic                   ap_rst_n,$weight_ports
  input  logic [$in_padded-1:0]  in0_V_TDATA,
  input  logic                   in0_V_TVALID,
  output logic                   in0_V_TREADY,
  output logic [$out_padded-1:0] out0_V_TDATA,
  output logic                   out0_V_TVALID,
  input  logic                   out0_V_TREADY
);
  logic [$out_bits-1:0] result;
  assign out0_V_TDATA = $out_padded'(result);

  $block #(
$parameters
  ) block (
    .clk(ap_clk),
    .rst_n(ap_rst_n),
    .s_data(in0_V_TDATA[$in_bits-1:0]),
    .s_valid(in0_V_TVALID),
    .s_ready(in0_V_TREADY),$weight_wires
    .m_data(result),
    .m_valid(out0_V_TVALID),
    .m_ready(out0_V_TREADY)
  );
endmodule
""")


_WEIGHT_PORTS = Template("""
  input  logic [$padded-1:0]  in1_V_TDATA,
  input  logic                   in1_V_TVALID,
  output logic                   in1_V_TREADY,""")
_WEIGHT_WIRES = Template("""
    .w_data(in1_V_TDATA[$bits-1:0]),
    .w_valid(in1_V_TVALID),
    .w_ready(in1_V_TREADY),""")


class BlockWrapper(RTLBackend, HWCustomOp):
    """An operation whose RTL is a block of ``toolkit/rtl`` in a generated wrapper.

    Attributes:
        blocks: names of modules in ``toolkit/rtl``: those that the block instantiates, then the block itself.
        has_weights: whether it takes a second stream, of weights, a beat with each of the first.
    """

    blocks: tuple[str, ...]
    has_weights = False

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Return the attributes of hardware layers and of the RTL back end, channels and input type."""
        own = {"Channels": ("i", True, 0), "inputDataType": ("s", True, "")}
        return own | HWCustomOp.get_nodeattr_types(self) | RTLBackend.get_nodeattr_types(self)

    def get_input_datatype(self, ind: int = 0) -> Any:
        """Return the type of the input."""
        return DataType[str(self.get_nodeattr("inputDataType"))]

    def get_output_datatype(self, ind: int = 0) -> Any:
        """Return the type of the output; unless overridden, that of the input."""
        return self.get_input_datatype()

    def infer_node_datatype(self, model: ModelWrapper) -> None:
        """Take the input's type from the graph, and annotate the output's there."""
        node = self.onnx_node
        self.set_nodeattr("inputDataType", model.get_tensor_datatype(node.input[0]).name)
        model.set_tensor_datatype(node.output[0], self.get_output_datatype())

    def get_instream_width(self, ind: int = 0) -> int:
        """Return the bits of an input beat without padding; 0 for constants that are not streamed."""
        if ind and not self.has_weights:
            return 0
        return int(self.get_input_datatype(ind).bitwidth() * self.get_folded_input_shape()[-1])

    def get_outstream_width(self, ind: int = 0) -> int:
        """Return the bits of an output beat without padding."""
        return int(self.get_output_datatype().bitwidth() * self.get_folded_output_shape()[-1])

    def make_shape_compatible_op(self, model: ModelWrapper) -> NodeProto:
        """Return an operation with the same output shape, for ONNX's shape inference."""
        return self.make_const_shape_op(self.get_normal_output_shape())

    def verify_node(self) -> list[str]:
        """Return no messages: only the types of attributes are constrained."""
        return []

    def block_parameters(self, model: ModelWrapper) -> dict[str, str]:
        """Return the block's parameters as Verilog expressions, by name."""
        raise NotImplementedError

    def generate_hdl(self, model: ModelWrapper, fpgapart: str, clk: float) -> None:
        """Write the wrapper into ``code_gen_dir_ipgen`` and record its module name."""
        module = self.get_verilog_top_module_name()
        parameters = self.block_parameters(model)
        weights = {"padded": self.get_instream_width_padded(1), "bits": self.get_instream_width(1)}
        text = _WRAPPER.substitute(
            weight_ports=_WEIGHT_PORTS.substitute(weights) if self.has_weights else "",
            weight_wires=_WEIGHT_WIRES.substitute(weights) if self.has_weights else "",
            module=module,
            block=self.blocks[-1],
            in_bits=self.get_instream_width(),
            in_padded=self.get_instream_width_padded(),
            out_bits=self.get_outstream_width(),
            out_padded=self.get_outstream_width_padded(),
            parameters=",\n".join(f"    .{k}({v})" for k, v in parameters.items()),
        )
        folder = Path(str(self.get_nodeattr("code_gen_dir_ipgen")))
        (folder / f"{module}.sv").write_text(text)
        self.set_nodeattr("gen_top_module", module)
        self.set_nodeattr("ipgen_path", str(folder))
        self.set_nodeattr("ip_path", str(folder))

    def get_rtl_file_list(self, abspath: bool = False) -> list[str]:
        """Return the files of the blocks and of the wrapper."""
        folder = str(self.get_nodeattr("code_gen_dir_ipgen")) + "/" if abspath else ""
        root = f"{rtl.FOLDER}/" if abspath else ""
        blocks = [f"{root}{block}.sv" for block in self.blocks]
        return [*blocks, f"{folder}{self.get_nodeattr('gen_top_module')}.sv"]

    def code_generation_ipi(self) -> list[str]:
        """Return the TCL that adds the sources and instantiates the wrapper in a Vivado block design."""
        commands = [f"add_files -norecurse {file}" for file in self.get_rtl_file_list(abspath=True)]
        top = self.get_nodeattr("gen_top_module")
        return [*commands, f"create_bd_cell -type module -reference {top} {self.onnx_node.name}"]

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Execute in RTL simulation or in Python, according to the node's ``exec_mode``."""
        if self.get_nodeattr("exec_mode") == "rtlsim":
            RTLBackend.execute_node(self, context, graph)
        else:
            self.execute_python(context)

    def execute_python(self, context: dict[str, Any]) -> None:
        """Execute the operation on numpy arrays in ``context``."""
        raise NotImplementedError
