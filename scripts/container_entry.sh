#!/usr/bin/env bash
# Runs in the container, before the command that it is given: Vivado's settings, and whether its version is right.
set -euo pipefail

say() { printf 'offramp: %s\n' "$*" >&2; }

if [ -n "${VIVADO_PATH:-}" ]; then
  [ -f "$VIVADO_PATH/settings64.sh" ] || { say "$VIVADO_PATH is no Vivado: it has no settings64.sh"; exit 2; }
  set +eu # it reads variables that may not be set, and asks questions whose answer may be no
  # shellcheck source=/dev/null
  source "$VIVADO_PATH/settings64.sh"
  set -eu
  said=$(vivado -version 2>&1) || { say "Vivado in $VIVADO_PATH does not start: $(tail -n 1 <<<"$said")"; exit 2; }
  case $said in
    *"ivado v$FINN_XILINX_VERSION"[!0-9]*) ;;
    *)
      say "FINN_XILINX_VERSION is $FINN_XILINX_VERSION, but the Vivado in $VIVADO_PATH says: ${said%%$'\n'*}"
      exit 2
      ;;
  esac
fi

installed=${OFFRAMP_VENV:-/nowhere}/../pyproject.toml
if [ -f "$installed" ] && ! cmp -s "$installed" "$FINN_ROOT/pyproject.toml"; then
  say "the image was made from another pyproject.toml; 'scripts/container.sh build' makes it anew"
fi
exec "$@"
