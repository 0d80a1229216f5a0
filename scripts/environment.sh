#!/usr/bin/env bash
# environment.sh SET: brings .venv up to date with what the verbs need: requirements/docker.txt where
# the parts will be containers, else requirements/SET.txt. What Python finds in the end may differ:
# it installs the rest then.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
set_name=$1

# what RUNTIME says, in the environment or in .env
wanted() {
  local said=${RUNTIME-}
  if [ -z "$said" ] && [ -e .env ]; then
    said=$(sed -n 's/^[[:space:]]*RUNTIME=//p' .env | tail -n 1 | tr -d "\"'[:space:]")
  fi
  printf '%s' "${said:-auto}"
}

# a .venv that is half made, or was moved here, is made anew: no stamp says that it is of now
is_whole() {
  .venv/bin/python -c 'import os, stack, sys
os.path.samefile(stack.__file__, "stack/src/stack/__init__.py") or sys.exit(1)' 2>/dev/null
}
if [ -e .venv ] && ! is_whole; then rm -f .venv/.installed-*; fi

runs_here() { [ -e "${STACK_STATE_DIR:-.local}/run/supervisord.pid" ]; }
has_engine() { docker compose version && timeout 10 docker info; } >/dev/null 2>&1

case $(wanted) in
  local) ;;
  docker) set_name=docker ;;
  # on a Mac, processes: stack/src/stack/runtime.py says why
  *) if ! runs_here && [ "$(uname)" != Darwin ] && has_engine; then set_name=docker; fi ;;
esac
# a set that holds another is not exchanged for it
if [ "$set_name" = docker ] && [ -e .venv/.installed-local ]; then set_name=local; fi
exec "${MAKE:-make}" --silent --no-print-directory ".venv/.installed-$set_name"
