#!/usr/bin/env bash
# venv.sh SET STAMP: makes .venv where there is none, installs requirements/SET.txt and the
# members into it, and touches STAMP. PYTHON names an interpreter; else the newest that fits.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/python.sh
. scripts/python.sh
# shellcheck source=scripts/shell.sh
. scripts/shell.sh
set_name=$1 stamp=$2
python=.venv/bin/python
members=(libs/ollama-observe services/proxy services/engine services/traffic services/gpu-exporter services/dashboard stack)

say() { printf '  %-12s %s\n' "$1" "$2"; }

# pip's account as one line for each large file; its errors and warnings pass as they are
large_files() {
  awk '/^ *(Downloading|Using cached) .*\([0-9.]+ MB\)/ {
    size = $0; sub(/.*\(/, "", size); sub(/\).*/, "", size)
    if (size + 0 < 5) next
    file = $0; sub(/^ *(Downloading|Using cached) /, "", file); sub(/ \(.*/, "", file)
    sub(/.*\//, "", file); split(file, part, "-")
    printf "  %-12s %s %s, %s\n", "", part[1], part[2], size; fflush()
  }'
}

# pip install, or why not and what helps
install() {
  "${pip[@]}" "$@" 2>"$said" | large_files || explain
  grep -v '^ *$' "$said" >&2 || true
}
explain() {
  local why
  why=$(grep '^ERROR' "$said" | head -n 3) || true
  if grep -qi 'no space left' "$said"; then
    die "the disk is full: make room (df -h . ${TMPDIR:-/tmp}), then the same again goes on from here"
  elif grep -qi 'permission denied\|read-only' "$said"; then
    die "$why" ".venv cannot be written, of another user or after a sudo make: rm -rf .venv (with sudo" \
      "where it is root's), then the same again"
  elif grep -qi 'newconnectionerror\|name resolution\|network is unreachable\|timed out\|proxyerror\|sslerror' "$said"; then
    die "pip reaches no package index: is there a network? Behind a proxy: export HTTPS_PROXY=http://host:port;" \
      "a mirror of your own: PIP_INDEX_URL=...; then the same again goes on from here"
  fi
  die "${why:-pip ended without a word}" "pip could not install the packages; the same again goes on from here"
}

# that it cannot be written is known before anything is fetched, and so is that there is no room
[ -w . ] || die "$PWD cannot be written: clone it again, into a folder of yours"
if [ -e .venv ] && ! [ -w .venv ]; then
  die ".venv is another user's, after a sudo make say: sudo chown -R $(id -u):$(id -g) .venv .local"
fi
# megabytes that each set takes
case $set_name in docker) needed=150 ;; dashboard) needed=100 ;; *) needed=500 ;; esac
free=$(free_megabytes)
if ! [ -e .venv ] && [ "${free:-$needed}" -lt "$needed" ]; then
  die "$free MB are free here, the packages take $needed MB: make room, or move the checkout to another disk"
fi

# where it was made, as its own configuration says; one of another folder was moved here
made_at=$(sed -n 's/^command = .* -m venv \(--[a-z-]* \)*//p' .venv/pyvenv.cfg 2>/dev/null || true)
if [ -n "$made_at" ] && ! [ "$made_at" -ef .venv ]; then
  say environment ".venv was made at $made_at: made anew"
  rm -rf .venv
fi
# one without pip was interrupted while it was made
if ! "$python" -m pip --version >/dev/null 2>&1; then
  chosen=$(choose_python) || die "$chosen"
  say environment ".venv with Python $(version_of "$chosen") ($chosen)"
  rm -rf .venv
  "$chosen" -m venv .venv || die "$chosen cannot make .venv here, as it says above"
fi
# what pip says is kept until its end: what it comes to is one line
said=$(mktemp) || die "no temporary file can be made: is the disk full? df -h ${TMPDIR:-/tmp}"
trap 'rm -f "$said"' EXIT
pip=("$python" -m pip --disable-pip-version-check --no-input install --progress-bar off)
count=$(grep -c '^[a-z].*==' "requirements/$set_name.txt")
say installing "$count packages, hashes checked (requirements/$set_name.txt); the large ones:"
install --require-hashes -r "requirements/$set_name.txt"
# the others hold it already
if [ "$set_name" = dashboard ]; then install --quiet --require-hashes -r requirements/build.txt; fi
editable=()
for member in "${members[@]}"; do editable+=(-e "$member"); done
say installing "the members: ${members[*]##*/}"
install --quiet --no-deps --no-build-isolation "${editable[@]}"
touch "$stamp"
