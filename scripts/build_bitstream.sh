#!/usr/bin/env bash
# Sets up on first use, then runs 'offramp build' with the arguments given; without any, on its defaults.
# With --container first, both in the container of Dockerfile.finn.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ "${1:-}" = --container ]; then exec "$scripts/container.sh" build-bitstream "${@:2}"; fi
"$scripts/setup.sh"
exec "${OFFRAMP_VENV:-$scripts/../.venv}/bin/offramp" build "$@"
