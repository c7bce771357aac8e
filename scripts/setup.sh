#!/usr/bin/env bash
# Makes the environment in .venv at the project's root: packages, the command 'offramp', nothing global.
# Does nothing when it is up to date, or in a container, whose environment OFFRAMP_VENV names.
# OFFRAMP_PYTHON names the Python to use.
set -euo pipefail
[ -z "${OFFRAMP_VENV:-}" ] || exit 0
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }

# What the environment was made from. It is compared as it is, and written last: a set-up that was killed
# leaves the word "unfinished" instead, and the next one starts over.
stamp=.venv/offramp-setup
inputs() { printf '%s\n' "$PWD"; cat pyproject.toml scripts/setup.sh .venv/pyvenv.cfg; }
up_to_date() { [ -x .venv/bin/offramp ] && [ -x .venv/bin/python ] && [ "$(inputs)" = "$(cat $stamp)" ]; }

missing=0
need() { # need NAME VARIABLE APT DNF BREW COMMAND...: one of the commands, or the one in the variable
  local name=$1 variable=$2 apt=$3 dnf=$4 brew=$5 command
  shift 5
  # The value may carry arguments ("ccache g++"): its first word is the program.
  for command in ${!variable:+"${!variable%% *}"} "$@"; do
    if command -v "$command" >/dev/null; then return; fi
  done
  say "offramp: $name is missing. Install it: apt-get install $apt | dnf install $dnf | brew install $brew"
  missing=1
}

right_python() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null
}
find_python() {
  local candidate
  for candidate in ${OFFRAMP_PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if right_python "$candidate"; then command -v "$candidate"; return; fi
  done
  say "offramp: needs Python 3.11 to 3.14 with venv; found $(python3 -V 2>/dev/null || echo none)." \
    "Install it: apt-get install python3 python3-venv | dnf install python3.12 | brew install python@3.12," \
    "or name one in OFFRAMP_PYTHON."
  return 1
}

install() {
  .venv/bin/python -m pip install --quiet --disable-pip-version-check uv || return
  # uv does not read pip's settings; those that say where packages are count for it too.
  local links=${PIP_FIND_LINKS:-} extra=${PIP_EXTRA_INDEX_URL:-}
  export UV_FIND_LINKS=${UV_FIND_LINKS:-${links// /,}} UV_EXTRA_INDEX_URL=${UV_EXTRA_INDEX_URL:-$extra}
  export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-}} SSL_CERT_FILE=${SSL_CERT_FILE:-${PIP_CERT:-}}
  local variable
  for variable in UV_FIND_LINKS UV_EXTRA_INDEX_URL UV_DEFAULT_INDEX SSL_CERT_FILE; do
    [ -n "${!variable}" ] || unset "$variable"
  done
  local uv=(.venv/bin/uv pip install --python .venv/bin/python --editable '.[dev]')
  [ -t 2 ] || uv+=(--quiet)
  # Without a graphics card the CPU build of PyTorch is a tenth of the download. A user who names a place of
  # their own gets what lies there.
  if [ -z "${UV_FIND_LINKS:-}${UV_TORCH_BACKEND:-}" ]; then
    UV_TORCH_BACKEND=auto "${uv[@]}" && return
    say "offramp: trying without a choice of PyTorch build"
  fi
  "${uv[@]}" && return
  say "offramp: uv failed; trying pip"
  .venv/bin/python -m pip install --disable-pip-version-check --editable '.[dev]'
}

need 'the C++ compiler' OFFRAMP_CXX g++ gcc-c++ gcc g++ c++ clang++
need make OFFRAMP_MAKE make make make make gmake
need perl OFFRAMP_PERL perl perl perl perl
[ $missing = 0 ] || exit 2

[ -f $stamp ] && up_to_date && exit

# Two set-ups at once: the second waits, and then finds nothing to do.
if command -v flock >/dev/null; then
  exec 9<.
  flock 9
  [ -f $stamp ] && up_to_date && exit
fi

python=$(find_python) || exit 2
say "offramp: setting up .venv with $("$python" -V) (a few minutes the first time)"
start_over=
if ! right_python .venv/bin/python || [ "$(cat $stamp 2>/dev/null)" = unfinished ]; then start_over=yes; fi
mkdir -p .venv
echo unfinished >$stamp
# The stamp stays, so that a set-up killed while it clears away is known for one.
if [ -n "$start_over" ]; then find .venv -mindepth 1 -maxdepth 1 ! -path $stamp -exec rm -rf {} +; fi
"$python" -m venv .venv
install || { say "offramp: the packages could not be installed; see above"; exit 2; }
inputs >$stamp.new
mv $stamp.new $stamp
