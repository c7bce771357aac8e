# Runs in the folder of a synthesis: $readmemh finds the memories by their names alone.
set here [file dirname [file normalize [info script]]]
foreach name [list \
  data/weights.dat \
] {
  file copy -force [file join $here $name] .
}
