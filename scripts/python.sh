# python.sh: which interpreter .venv is made with; sourced by venv.sh and machine.sh.
# shellcheck shell=bash

# VERSION of an interpreter, nothing where it does not run
version_of() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || true; }
fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; }
has_venv() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

# how this machine's own package manager brings it; $1: python, newer where there is an older, or venv; $2:
# the version that lacks it
remedy() {
  local like
  like=" $(sed -n 's/^ID\(_LIKE\)\{0,1\}=//p' "${OS_RELEASE:-/etc/os-release}" 2>/dev/null | tr -d '"' | tr '\n' ' ')"
  case "$(uname) $1 $like" in
    Darwin*) echo "brew install python" ;;
    *" venv "*" debian "* | *" venv "*" ubuntu "*) echo "sudo apt install python${2%.*}-venv" ;;
    *" newer "*" debian "* | *" newer "*" ubuntu "*)
      echo "sudo apt install python3.11 python3.11-venv (a system without it: pyenv, or uv python install 3.13)" ;;
    *" debian "* | *" ubuntu "*) echo "sudo apt install python3 python3-venv" ;;
    *" fedora "* | *" rhel "* | *" centos "*) echo "sudo dnf install python3.13" ;;
    *" venv "*) echo "install the package that has Python's venv and ensurepip" ;;
    *) echo "install Python 3.13" ;;
  esac
}

# the newest interpreter that fits, one that can make a virtual environment before one that cannot; where
# there is none, why and what helps, as two lines, and exit code 1
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
    echo "$(command -v "$without_venv") cannot make virtual environments (it lacks venv or ensurepip)"
    echo "$(remedy venv "$(version_of "$without_venv")"), then run make again"
  else
    echo "Python 3.11 to 3.14 is needed, found: ${seen[*]:-none}"
    echo "$(remedy "$(if [ ${#seen[@]} -gt 0 ]; then echo newer; else echo python; fi)"), or name one: make start PYTHON=/path/to/python3"
  fi
  return 1
}
