#!/usr/bin/env bash
# clean.sh: remove .venv and .local after a stop, but not from under a stack of this checkout whose state
# lies where the stop did not look: STACK_STATE_DIR may have changed since it was started. A Python that is
# a framework of a Mac runs under a name of its own, and is not seen here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/shell.sh
. scripts/shell.sh

while read -r pid command; do
  case $command in
    "$PWD/.venv/bin/"*supervisor.supervisord* | "$(pwd -P)/.venv/bin/"*supervisor.supervisord*)
      die "nothing was removed: something still runs by .venv, with another STACK_STATE_DIR: end pid $pid" ;;
  esac
done < <(commands)
rm -rf .venv .local
echo "removed .venv and .local"
