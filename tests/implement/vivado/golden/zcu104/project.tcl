# Project of overlay for zcu104, by its part: no board files are needed.
source common.tcl

regexp {^\d+\.\d+} [version -short] version
if {[package vcompare $version 2022.1] < 0} {
  refuse version "Vivado $version, and 2022.1 or newer is needed"
}
if {[llength [get_parts -quiet xczu7ev-ffvc1156-2-e]] == 0} {
  refuse part "this Vivado does not have the part xczu7ev-ffvc1156-2-e"
}

create_project -force -part xczu7ev-ffvc1156-2-e $design project
set_property target_language Verilog [current_project]
set_property verilog_define [list FINN_SIMULATION] [get_filesets sources_1]
add_files -norecurse [list \
  blocks/stage.sv \
  rtl/offramp_top.v \
]
update_compile_order -fileset sources_1

source block_design.tcl

set diagram [get_files $design.bd]
# One run for the whole design: definitions and memories reach its modules.
set_property synth_checkpoint_mode None $diagram
generate_target all $diagram
add_files -norecurse [make_wrapper -files $diagram -top]
set_property top ${design}_wrapper [get_filesets sources_1]
update_compile_order -fileset sources_1
set_property STEPS.SYNTH_DESIGN.TCL.PRE [file normalize memories.tcl] [get_runs synth_1]

finished project
