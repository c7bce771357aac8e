#!/usr/bin/env bash
# Sets up on first use, then runs 'offramp build' with the arguments given; without any, on its defaults.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$scripts/setup.sh"
exec "$scripts/../.venv/bin/offramp" build "$@"
