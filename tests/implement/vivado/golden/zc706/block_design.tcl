# Block design: the processing system, offramp, dma0, dma0_map, dma1.
create_bd_design $design

add_ip processing_system7 ps [list \
  PCW_USE_M_AXI_GP0 {1} \
  PCW_USE_S_AXI_HP0 {1} \
  PCW_S_AXI_HP0_DATA_WIDTH {64} \
  PCW_EN_CLK0_PORT {1} \
  PCW_EN_RST0_PORT {1} \
  PCW_FPGA0_PERIPHERAL_FREQMHZ {100} \
]
add_ip clk_wiz clock [list \
  PRIM_IN_FREQ.VALUE_SRC {PROPAGATED} \
  PRIM_SOURCE {No_buffer} \
  CLKOUT1_REQUESTED_OUT_FREQ {100} \
  USE_LOCKED {true} \
  USE_RESET {true} \
  RESET_TYPE {ACTIVE_LOW} \
  RESET_PORT {resetn} \
]
add_ip proc_sys_reset reset [list]
create_bd_cell -type module -reference offramp_top offramp
add_ip axi_dma dma0 [list \
  c_include_sg {0} \
  c_sg_length_width {26} \
  c_include_mm2s {1} \
  c_include_s2mm {1} \
  c_include_mm2s_dre {0} \
  c_m_axi_mm2s_data_width {64} \
  c_include_s2mm_dre {0} \
  c_m_axi_s2mm_data_width {64} \
  c_m_axis_mm2s_tdata_width {64} \
]
add_ip axi_dma dma0_map [list \
  c_include_sg {0} \
  c_sg_length_width {26} \
  c_include_mm2s {0} \
  c_include_s2mm {1} \
  c_include_s2mm_dre {0} \
  c_m_axi_s2mm_data_width {64} \
]
add_ip axi_dma dma1 [list \
  c_include_sg {0} \
  c_sg_length_width {26} \
  c_include_mm2s {1} \
  c_include_s2mm {1} \
  c_include_mm2s_dre {0} \
  c_m_axi_mm2s_data_width {64} \
  c_include_s2mm_dre {0} \
  c_m_axi_s2mm_data_width {64} \
  c_m_axis_mm2s_tdata_width {64} \
]
add_ip smartconnect registers [list \
  NUM_SI {1} \
  NUM_MI {4} \
]
add_ip smartconnect memory [list \
  NUM_SI {5} \
  NUM_MI {1} \
]

create_bd_intf_port -mode Master DDR \
  -vlnv xilinx.com:interface:ddrx_rtl:1.0
connect_bd_intf_net [get_bd_intf_ports DDR] [get_bd_intf_pins ps/DDR]
create_bd_intf_port -mode Master FIXED_IO \
  -vlnv xilinx.com:display_processing_system7:fixedio_rtl:1.0
connect_bd_intf_net [get_bd_intf_ports FIXED_IO] [get_bd_intf_pins ps/FIXED_IO]

# Interfaces, the master first.
link dma0/M_AXIS_MM2S offramp/s_axis_dma0
link offramp/m_axis_dma0 dma0/S_AXIS_S2MM
link offramp/m_axis_dma0_map dma0_map/S_AXIS_S2MM
link dma1/M_AXIS_MM2S offramp/s_axis_dma1
link offramp/m_axis_dma1 dma1/S_AXIS_S2MM
link ps/M_AXI_GP0 registers/S00_AXI
link registers/M00_AXI offramp/s_axi
link registers/M01_AXI dma0/S_AXI_LITE
link registers/M02_AXI dma0_map/S_AXI_LITE
link registers/M03_AXI dma1/S_AXI_LITE
link dma0/M_AXI_MM2S memory/S00_AXI
link dma0/M_AXI_S2MM memory/S01_AXI
link dma0_map/M_AXI_S2MM memory/S02_AXI
link dma1/M_AXI_MM2S memory/S03_AXI
link dma1/M_AXI_S2MM memory/S04_AXI
link memory/M00_AXI ps/S_AXI_HP0

# Clocks and resets.
drive ps/FCLK_CLK0 \
  clock/clk_in1
drive ps/FCLK_RESET0_N \
  clock/resetn \
  reset/ext_reset_in
drive clock/locked \
  reset/dcm_locked
drive clock/clk_out1 \
  reset/slowest_sync_clk \
  ps/M_AXI_GP0_ACLK \
  ps/S_AXI_HP0_ACLK \
  offramp/aclk \
  dma0/s_axi_lite_aclk \
  dma0/m_axi_mm2s_aclk \
  dma0/m_axi_s2mm_aclk \
  dma0_map/s_axi_lite_aclk \
  dma0_map/m_axi_s2mm_aclk \
  dma1/s_axi_lite_aclk \
  dma1/m_axi_mm2s_aclk \
  dma1/m_axi_s2mm_aclk \
  registers/aclk \
  memory/aclk
drive reset/peripheral_aresetn \
  offramp/aresetn \
  dma0/axi_resetn \
  dma0_map/axi_resetn \
  dma1/axi_resetn
drive reset/interconnect_aresetn \
  registers/aresetn \
  memory/aresetn

# Addresses: registers as the processor sees them, its memory as each DMA sees it.
set processor [get_bd_addr_spaces ps/Data]
assign_bd_address -offset 0x40000000 -range 4K -target_address_space $processor \
  [get_bd_addr_segs offramp/s_axi/reg0]
assign_bd_address -offset 0x40010000 -range 64K -target_address_space $processor \
  [get_bd_addr_segs dma0/S_AXI_LITE/Reg]
assign_bd_address -offset 0x40020000 -range 64K -target_address_space $processor \
  [get_bd_addr_segs dma0_map/S_AXI_LITE/Reg]
assign_bd_address -offset 0x40030000 -range 64K -target_address_space $processor \
  [get_bd_addr_segs dma1/S_AXI_LITE/Reg]
set memory [get_bd_addr_segs ps/S_AXI_HP0/HP0_DDR_LOWOCM]
assign_bd_address -target_address_space [get_bd_addr_spaces dma0/Data_MM2S] $memory
assign_bd_address -target_address_space [get_bd_addr_spaces dma0/Data_S2MM] $memory
assign_bd_address -target_address_space [get_bd_addr_spaces dma0_map/Data_S2MM] $memory
assign_bd_address -target_address_space [get_bd_addr_spaces dma1/Data_MM2S] $memory
assign_bd_address -target_address_space [get_bd_addr_spaces dma1/Data_S2MM] $memory

validate_bd_design
save_bd_design
