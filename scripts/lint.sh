#!/usr/bin/env bash
# Every check of the code, to the end, so that one run shows all that is wrong.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
PATH=$PWD/.venv/bin:$PATH
failed=()
check() {
  printf '%s\n' "== $*"
  "$@" || failed+=("$1 ${2-}")
}
check ruff format --check .
check ruff check .
check mypy
check lint-imports
check shellcheck scripts/*.sh .ci/run
if [ ${#failed[@]} -gt 0 ]; then
  printf 'failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
echo "lint: all clean"
