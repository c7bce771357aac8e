# Reports of the routed design, and the description of the hardware for PYNQ.
source common.tcl
open_project [file join project $design.xpr]
open_run impl_1
file mkdir results
report_utilization -file results/utilization.rpt
report_timing_summary -max_paths 1 -file results/timing.rpt
report_power -file results/power.rpt
set handoff [glob -nocomplain -directory project \
  $design.{gen,srcs}/sources_1/bd/$design/hw_handoff/$design.hwh]
if {[llength $handoff] == 0} {
  refuse run "no $design.hwh below project"
}
file copy -force [lindex $handoff 0] results/overlay.hwh
finished reports
