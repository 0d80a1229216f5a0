#!/usr/bin/env bash
# machine.sh: what `make validate` says where nothing is set up: whether a first start can be. Exit code 1
# where it cannot. `stack/src/stack/validating` says the rest, once its packages are here.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck source=scripts/python.sh
. scripts/python.sh
# shellcheck source=scripts/shell.sh
. scripts/shell.sh

is_fit=1
# megabytes that a start takes: .venv, the model and Prometheus, unpacked
needed=1100

# WHAT yes|no|- DETAIL [REMEDY], within 100 columns
say() {
  printf '  %-12s  %-3s  %s\n' "$1" "$2" "$(folded 79 "$3")"
  if [ -n "${4-}" ]; then printf '%21s> %s\n' '' "$(folded 77 "$4")"; fi
  if [ "$2" = no ]; then is_fit=0; fi
}
folded() { printf '%s' "$2" | fold -s -w "$1" | sed '2,$s/^/                     /; s/ *$//'; }

if chosen=$(choose_python); then
  say python yes "$(version_of "$chosen"), $chosen"
else
  say python no "${chosen%%$'\n'*}" "${chosen#*$'\n'}"
fi

if [ -w . ]; then
  say folder yes "$PWD"
else
  say folder no "$PWD cannot be written" "clone it again, into a folder of yours"
fi

# on a Mac, processes: stack/src/stack/runtime.py says why
runtime=$(setting RUNTIME) without="the parts will be processes of this machine" is_missed=-
if [ "$runtime" = docker ]; then without="RUNTIME=docker asks for containers; without it $without" is_missed=no; fi
if [ "$runtime" = local ]; then
  say docker - "not asked: RUNTIME=local"
elif [ "$runtime" != docker ] && [ "$(uname)" = Darwin ]; then
  say docker - "not asked, containers of a Mac reach no GPU: $without"
elif ! command -v docker >/dev/null; then
  say docker "$is_missed" "is not here: $without"
elif ! docker compose version >/dev/null 2>&1; then
  say docker "$is_missed" "has no Compose: $without"
elif ! answer=$(within 10 docker info --format '{{.ServerVersion}}' 2>&1); then
  say docker "$is_missed" "no engine answers: ${answer##*$'\n'}" "$without"
else
  needed=200
  say docker yes "engine ${answer##*$'\n'}: the parts will be containers"
fi

free=$(free_megabytes)
if [ -z "$free" ]; then
  say disk - "how much is free is not known"
elif [ "$free" -lt "$needed" ]; then
  say disk no "$free MB are free here, a start needs $needed MB" \
    "make room, or move the checkout to another disk"
else
  say disk yes "$free MB are free here"
fi

if command -v curl >/dev/null; then
  say curl yes "for the examples"
else
  say curl - "is not here: the examples use it, the stack does not"
fi

if [ -e .venv ]; then
  say packages - ".venv is being set up, was left half made or was moved" "make install mends it"
else
  say packages - "not here yet" "make install brings them, make start all that is needed"
fi
if [ $is_fit = 0 ]; then
  echo "a start fails of what is said no"
  exit 1
fi
echo "a start can be; after make install, make validate looks at ports, Ollama and settings, too"
