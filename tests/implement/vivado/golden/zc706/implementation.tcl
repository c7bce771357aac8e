# Placement and routing.
source common.tcl
open_project [file join project $design.xpr]
reset_run impl_1
launch_runs impl_1 -to_step route_design
wait_for impl_1 implementation
finished implementation
