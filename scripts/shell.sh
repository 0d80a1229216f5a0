# shell.sh: what these scripts have in common; sourced, in the root of the checkout.
# shellcheck shell=bash

die() { printf '%s\n' "$@" >&2; exit 1; }

# what a variable says, in the environment or in .env: a last comment and a pair of quotes are no part of it
setting() {
  if [ -z "${!1-}" ] && [ -f .env ] && [ -r .env ]; then
    sed -n "s/^[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}$1[[:space:]]*=[[:space:]]*//p" .env | tail -n 1 |
      sed -e "s/^'\([^']*\)'.*/\1/" -e t -e 's/^"\([^"]*\)".*/\1/' -e t \
        -e 's/[[:space:]]\{1,\}#.*//' -e 's/[[:space:]]*$//'
  else
    printf '%s' "${!1-}"
  fi
}

# what a process was started by; nothing where there is none. Small images have no ps
command_of() {
  if command -v ps >/dev/null; then ps -wwp "$1" -o args=; else tr '\0' ' ' <"/proc/$1/cmdline"; fi 2>/dev/null || true
}

# each process: its pid, and what it was started by
commands() {
  if command -v ps >/dev/null; then ps -axww -o pid= -o args=; return; fi
  local file
  for file in /proc/[0-9]*/cmdline; do
    file=${file#/proc/}
    echo "${file%/cmdline} $(command_of "${file%/cmdline}")"
  done
}

# SECONDS COMMAND...; a Mac has no timeout
within() { if command -v timeout >/dev/null; then timeout "$@"; else shift; "$@"; fi; }

# on the disk of the checkout; nothing where it is not known
free_megabytes() { df -Pk . 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }' || true; }
