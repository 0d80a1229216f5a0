#!/usr/bin/env bash
# environment.sh SET: brings .venv up to date with what the verbs need: requirements/docker.txt where
# the parts will be containers, else requirements/SET.txt. What Python finds in the end may differ:
# it installs the rest then.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/shell.sh
. scripts/shell.sh
set_name=$1

# a .venv that is half made, or was moved here, is made anew: no stamp says that it is of now
is_whole() {
  .venv/bin/python -c 'import os, stack, sys
os.path.samefile(stack.__file__, "stack/src/stack/__init__.py") or sys.exit(1)' 2>/dev/null
}
if [ -e .venv ] && ! is_whole; then rm -f .venv/.installed-*; fi

runs_here() {
  local state
  state=$(setting STACK_STATE_DIR)
  [ -e "${state:-.local}/run/supervisord.pid" ]
}
has_engine() { docker compose version && within 10 docker info; } >/dev/null 2>&1

case $(setting RUNTIME) in
  local) ;;
  docker) set_name=docker ;;
  # on a Mac, processes: stack/src/stack/runtime.py says why
  *) if ! runs_here && [ "$(uname)" != Darwin ] && has_engine; then set_name=docker; fi ;;
esac
# a set that holds another is not exchanged for it
if [ "$set_name" = docker ] && [ -e .venv/.installed-local ]; then set_name=local; fi
exec "${MAKE:-make}" --silent --no-print-directory ".venv/.installed-$set_name"
