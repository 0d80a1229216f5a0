#!/usr/bin/env bash
# venv.sh SET STAMP: makes .venv where there is none, installs requirements/SET.txt and the
# members into it, and touches STAMP. PYTHON names an interpreter; else the newest that fits.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
set_name=$1 stamp=$2
python=.venv/bin/python
members=(libs/ollama-observe services/proxy services/engine services/traffic services/gpu-exporter services/dashboard stack)

say() { printf '  %-12s %s\n' "$1" "$2"; }
die() { printf '%s\n' "$@" >&2; exit 1; }

# VERSION of an interpreter, nothing where it does not run
version_of() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || true; }
fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; }
has_venv() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

# the newest interpreter that fits, one that can make a virtual environment before one that cannot
choose_python() {
  local candidate without_venv='' seen=()
  for candidate in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3}; do
    command -v "$candidate" >/dev/null || continue
    if ! fits "$candidate"; then
      seen+=("$(command -v "$candidate") is $(version_of "$candidate")")
    elif has_venv "$candidate"; then
      command -v "$candidate"
      return
    else
      without_venv=${without_venv:-$candidate}
    fi
  done
  if [ -n "$without_venv" ]; then
    die "$(command -v "$without_venv") cannot make virtual environments: install python3-venv" \
      "(Debian, Ubuntu: apt install python3-venv), then run make again"
  fi
  die "Python 3.11 to 3.14 is needed, found: ${seen[*]:-none}" \
    "install one, or name one: make start PYTHON=/path/to/python3"
}

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

# one without pip was interrupted while it was made
if ! "$python" -m pip --version >/dev/null 2>&1; then
  chosen=$(choose_python)
  say environment ".venv with Python $(version_of "$chosen") ($chosen)"
  rm -rf .venv
  "$chosen" -m venv .venv
fi
pip=("$python" -m pip --disable-pip-version-check --no-input install --progress-bar off)
count=$(grep -c '^[a-z].*==' "requirements/$set_name.txt")
say installing "$count packages, hashes checked (requirements/$set_name.txt); the large ones:"
"${pip[@]}" --require-hashes -r "requirements/$set_name.txt" | large_files
# the others hold it already
if [ "$set_name" = dashboard ]; then "${pip[@]}" --quiet --require-hashes -r requirements/build.txt; fi
editable=()
for member in "${members[@]}"; do editable+=(-e "$member"); done
say installing "the members: ${members[*]##*/}"
"${pip[@]}" --quiet --no-deps --no-build-isolation "${editable[@]}"
touch "$stamp"
