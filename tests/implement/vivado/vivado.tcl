# Vivado's commands as procedures that record how they are called, one call a line, each word in hexadecimal digits.
# They answer as a Vivado that has everything; the file behind RECORDS in the environment gets the record. A command
# that is not here is an error, as in Vivado. What the calls mean is judged in Python (recorded.py).

set records [open $env(RECORDS) a]

proc record {name words} {
  global records
  set line [list]
  foreach word [list $name {*}$words] {
    lappend line x[binary encode hex [encoding convertto utf-8 $word]]
  }
  puts $records [join $line " "]
  flush $records
}

# Commands whose answer does not matter, or is the object that they name last.
foreach name {
  set_property add_files update_compile_order create_bd_design create_bd_cell create_bd_intf_port
  connect_bd_net connect_bd_intf_net assign_bd_address validate_bd_design save_bd_design generate_target
  create_project open_project reset_run launch_runs wait_on_run open_run
  get_bd_cells get_bd_pins get_bd_intf_pins get_bd_intf_ports get_bd_addr_spaces get_bd_addr_segs
  get_files get_runs get_filesets
} {
  proc $name args "record $name \$args; return \[lindex \$args end\]"
}

proc current_project {} { return project }

proc make_wrapper args {
  record make_wrapper $args
  return [file rootname [lindex [lsearch -inline $args *.bd] end]]_wrapper.v
}

proc version {flag} {
  if {$flag ne "-short"} { error "unknown option '$flag'" }
  return $::env(VERSION)
}

proc get_parts args {
  record get_parts $args
  return [lsearch -all -inline $::env(PARTS) [lindex $args end]]
}

proc get_ipdefs args {
  record get_ipdefs $args
  return [lsearch -all -inline $::env(IPS) [lindex $args end]]
}

proc get_timing_paths args {
  record get_timing_paths $args
  return path
}

proc get_property {name object} {
  record get_property [list $name $object]
  switch $name {
    DIRECTORY { return [pwd] }
    PROGRESS { return $::env(PROGRESS) }
    STATUS { return "synth_design ERROR" }
    SLACK { return $::env(SLACK) }
  }
  error "unknown property '$name'"
}

# Commands that write a file.
foreach name {report_utilization report_timing_summary report_power write_bitstream} {
  proc $name args "record $name \$args; close \[open \[lindex \$args end\] w\]"
}

rename exit really_exit
proc exit {{code 0}} {
  record exit $code
  really_exit $code
}

source [lindex $argv 0]
