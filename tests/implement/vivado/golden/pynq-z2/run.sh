#!/bin/sh
# Runs the steps of this plan in order. A step that has finished before is passed over: its mark lies in done/.
# OFFRAMP_VIVADO names the command; otherwise it is vivado on PATH.
set -u
cd "$(dirname "$0")" || exit 1
mkdir -p done logs results
tool=${OFFRAMP_VIVADO:-vivado}
command -v ${tool%% *} > /dev/null || {
  echo "ERROR: [Offramp missing] no $tool on PATH of $(hostname): name its command in OFFRAMP_VIVADO"
  exit 1
}
# A second run waits for the first, which may have lost its terminal.
if command -v flock > /dev/null; then
  exec 9> lock
  flock 9
fi
step() {
  name=$1
  shift
  if [ -e "done/$name" ]; then
    echo "offramp: $name was finished"
    return
  fi
  echo "offramp: $name begins"
  rm -f "logs/$name"*.log
  $tool "$@" > "logs/$name.log" 2>&1
  code=$?
  if [ $code -ne 0 ] || [ ! -e "done/$name" ]; then
    grep -h -E '^(ERROR|Abnormal program termination|segfault|.*[Ss]egmentation fault)' logs/*.log || tail -n 5 "logs/$name.log"
    echo "offramp: $name failed with exit code $code"
    exit 1
  fi
  echo "offramp: $name finished"
}
step project -mode batch -nojournal -nolog -notrace -source project.tcl
step synthesis -mode batch -nojournal -nolog -notrace -source synthesis.tcl
step implementation -mode batch -nojournal -nolog -notrace -source implementation.tcl
step reports -mode batch -nojournal -nolog -notrace -source reports.tcl
step bitstream -mode batch -nojournal -nolog -notrace -source bitstream.tcl
