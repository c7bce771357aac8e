# Procedures of all steps.

set design overlay

# End with an error that Offramp knows by its kind.
proc refuse {kind text} {
  puts "ERROR: \[Offramp $kind\] $text"
  exit 1
}

# Leave the mark of a step that has finished: a later run goes on behind it.
proc finished {step} {
  file mkdir finished
  close [open [file join finished $step] w]
}

# Return the newest version of an IP in the catalogue.
proc newest {name} {
  set found [lsort -dictionary [get_ipdefs -quiet "xilinx.com:ip:$name:*"]]
  if {[llength $found] == 0} {
    refuse part "this Vivado has no IP $name for xczu7ev-ffvc1156-2-e: install the part's device family"
  }
  return [lindex $found end]
}

# Add an instance of an IP with settings: names without CONFIG., each followed by its value.
proc add_ip {name cell settings} {
  create_bd_cell -type ip -vlnv [newest $name] $cell
  set properties [list]
  foreach {setting value} $settings {
    lappend properties CONFIG.$setting $value
  }
  if {[llength $properties] > 0} {
    set_property -dict $properties [get_bd_cells $cell]
  }
}

# Connect a pin that drives to pins that do not.
proc drive {from args} {
  foreach pin $args {
    connect_bd_net [get_bd_pins $from] [get_bd_pins $pin]
  }
}

# Connect two interfaces, the master first.
proc link {master slave} {
  connect_bd_intf_net [get_bd_intf_pins $master] [get_bd_intf_pins $slave]
}

# Wait for a run of the project, keep its log, and end if it failed.
proc wait_for {run step} {
  wait_on_run [get_runs $run]
  set log [file join [get_property DIRECTORY [get_runs $run]] runme.log]
  if {[file exists $log]} {
    file copy -force $log [file join logs ${step}_run.log]
  }
  if {[get_property PROGRESS [get_runs $run]] ne "100%"} {
    refuse run "run $run ended: [get_property STATUS [get_runs $run]]"
  }
}
