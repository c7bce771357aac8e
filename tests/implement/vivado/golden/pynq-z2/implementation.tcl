# Placement and routing, the steps of a usual run.
source common.tcl
open_project [file join project $design.xpr]
reset_run impl_1
launch_runs impl_1
wait_for impl_1 implementation
finished implementation
