#!/usr/bin/env bash
# test_all.sh: all tests. What is short runs side by side; what is long has the machine for itself,
# for it measures, or fills the machine. The second part runs also where the first one fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=0
.venv/bin/python -m pytest -n auto -m "not long" || failed=1
.venv/bin/python -m pytest -m long || failed=1
exit "$failed"
