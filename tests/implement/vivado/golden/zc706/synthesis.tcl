# Synthesis of the whole design.
source common.tcl
open_project [file join project $design.xpr]
reset_run synth_1
launch_runs synth_1
wait_for synth_1 synthesis
finished synthesis
