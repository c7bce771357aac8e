# The bitstream, of a design that keeps its clock.
source common.tcl
open_project [file join project $design.xpr]
open_run impl_1
foreach type {max min} {
  set path [get_timing_paths -quiet -max_paths 1 -delay_type $type]
  if {[llength $path] == 0} {
    refuse run "no timing path is constrained"
  }
  set slack [get_property SLACK $path]
  if {$slack < 0} {
    refuse timing "slack $slack ns, $type delay"
  }
}
write_bitstream -force results/overlay.bit
finished bitstream
