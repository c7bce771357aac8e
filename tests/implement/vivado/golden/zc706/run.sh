#!/bin/sh
# Runs the steps of this plan in order. A step that has finished before is passed over: its mark lies in finished/.
# OFFRAMP_VIVADO names the command; otherwise it is vivado on PATH.
set -u
cd "$(dirname "$0")" || exit 1
mkdir -p finished logs results
tool=${OFFRAMP_VIVADO:-vivado}
eval "set -- $tool" # its first word, where words may be quoted
command -v "$1" > /dev/null || {
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
  if [ -e "finished/$name" ]; then
    echo "offramp: $name was finished"
    return
  fi
  echo "offramp: $name begins"
  rm -f "logs/$name"*.log
  eval "$tool"' "$@"' > "logs/$name.log" 2>&1
  code=$?
  if [ $code -ne 0 ] || [ ! -e "finished/$name" ]; then
    grep -h -E '^(ERROR|Abnormal program termination|segfault|.*[Ss]egmentation fault)' "logs/$name"*.log || tail -n 5 "logs/$name.log"
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
