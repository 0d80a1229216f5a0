#!/usr/bin/env bash
# stop.sh [PART]: what `make stop` and `make stop-PART` do where .venv does not work: whoever runs
# the parts of this checkout is told without it. Exit code 1 where they run and cannot be told, 3 where
# nobody can say whether containers do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/shell.sh
. scripts/shell.sh
part=${1-}

state=$(setting STACK_STATE_DIR)
state=${state:-.local}

# processes: their supervisor needs .venv to be asked; a file that a power cut left names a stranger
pid=$(cat "$state/run/supervisord.pid" 2>/dev/null) || true
if [ -n "$pid" ] && command_of "$pid" | grep -q supervisor; then
  die "cannot stop${part:+ $part alone} by .venv: end pid $pid${part:+, which ends all}"
fi

# systemd
whose=--user units=${XDG_CONFIG_HOME:-${HOME-}/.config}/systemd/user
if [ "$(id -u)" = 0 ]; then whose=--system units=/etc/systemd/system; fi
folder=$(sed -n 's/^Checkout=//p' "$units/ollama-observe.target" 2>/dev/null | sed 's/%%/%/g') || true
# one that is gone was moved here
if [ -n "$folder" ] && { [ "$folder" -ef . ] || [ ! -e "$folder" ]; } &&
  systemctl "$whose" is-active --quiet ollama-observe.target; then
  if [ -z "$part" ]; then
    systemctl "$whose" stop ollama-observe.target 'ollama-observe-*'
    echo "stopped, until systemd starts it again"
    exit
  elif [ -e "$units/ollama-observe-$part.service" ]; then
    systemctl "$whose" stop "ollama-observe-$part.service"
    echo "$part: stopped, until systemd starts it again"
    exit
  fi
fi

# containers: those that were started from here, under whatever project's name; an engine elsewhere has
# folders of its own, which may be called as this one is
is_here() {
  case ${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null)} in
    '' | unix://* | npipe://*) ;;
    *) echo "containers are not looked at: the Docker engine is another machine's" >&2; return 1 ;;
  esac
}
if command -v docker >/dev/null && is_here; then
  label=com.docker.compose
  # the dead engine of a machine without containers is no reason to stop a `make clean`
  listed=$(within 10 docker ps --filter "label=$label.project" \
    --format "{{.Label \"$label.project\"}} {{.Label \"$label.service\"}} {{.Label \"$label.project.working_dir\"}}" \
    2>&1) || case $listed in
      *"ermission denied"*)
        echo "whether containers run is not known, Docker's socket is not open to you:" >&2
        echo "sudo usermod -aG docker \$USER, then log in again" >&2
        exit 3 ;;
      *) listed='' ;;
    esac
  projects=$(while read -r project service where; do
    if [ -z "$part" ] || [ "$service" = "$part" ]; then
      # a folder that is gone was moved here, if make has noted it: else it may be a stranger's
      if [ "$where" -ef . ] || { [ ! -e "$where/compose.yaml" ] &&
        grep -qxF "$where" "$state/run/containers" 2>/dev/null; }; then
        echo "$project"
      fi
    fi
  done <<<"$listed" | sort -u)
  for project in $projects; do
    compose=(docker compose -p "$project" --env-file /dev/null --profile '*')
    if [ -z "$part" ]; then
      "${compose[@]}" down --remove-orphans
      rm -rf "$state/run/containers-told"
      echo "stopped (containers of $project); the models and the numbers are kept"
    else
      "${compose[@]}" rm --stop --force "$part"
      echo "$part: stopped"
    fi
  done
  if [ -n "$projects" ]; then exit; fi
fi
echo "not running"
