#!/usr/bin/env bash
# Sets up on first use, then checks style and types and runs the tests. Arguments go to pytest.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
scripts/setup.sh || exit
venv=${OFFRAMP_VENV:-.venv}
failed=
check() { "$@" || failed="$failed ${1##*/}${2:+ $2};"; }
check "$venv"/bin/ruff check .
check "$venv"/bin/ruff format --check .
check "$venv"/bin/mypy
check "$venv"/bin/python -m pytest "$@"
[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
