# `make` alone prints the verbs. Settings: environment, `make VERB NAME=value`, or `.env`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
MEMBERS := pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml stack/pyproject.toml)
RUN_ENVIRONMENT := .venv/.installed-local
DEV_ENVIRONMENT := .venv/.installed-dev

# what a stopped or never started stack answers without setting anything up
REQUIRE_SETUP = @test -x $(PY) || { echo "nothing is set up here yet: make start"; exit 3; }

##@ Run
.PHONY: start stop restart status logs metrics traffic-quick bench
start: $(RUN_ENVIRONMENT) ## set up what is missing, start everything, say what runs where
	@$(PY) -m stack start

stop: ## stop everything; requests in flight finish first (PROXY_DRAIN_SECONDS at most)
	@if [ -x $(PY) ]; then $(PY) -m stack stop; else echo "not running"; fi

restart: $(RUN_ENVIRONMENT) ## stop, then start with the settings of now
	@$(PY) -m stack restart

status: ## each part: state, pid, port, health, since when
	$(REQUIRE_SETUP)
	@$(PY) -m stack status

logs: ## follow the logs; one part: make logs SERVICE=proxy
	$(REQUIRE_SETUP)
	@$(PY) -m stack logs $(SERVICE)

##@ Measure
metrics: ## what the proxy has measured so far
	$(REQUIRE_SETUP)
	@$(PY) -m stack metrics

traffic-quick: ## send ten questions through the running stack, with a summary
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic --preset quick

bench: $(DEV_ENVIRONMENT) ## what the proxy adds: CPU and latency, on this machine, in a minute
	@$(PY) -m bench.overhead

##@ Develop
.PHONY: setup test lint format lock docs clean
setup: $(RUN_ENVIRONMENT) ## fetch all that a start needs, start nothing
	@$(PY) -m stack setup

test: $(DEV_ENVIRONMENT) ## run the tests; some only: make test TESTS="tests/unit -k stack"
	@$(PY) -m pytest $(TESTS)

lint: $(DEV_ENVIRONMENT) ## formatting, lint, types, directions of import, shell scripts
	@scripts/lint.sh

format: $(DEV_ENVIRONMENT) ## format the code and sort the imports
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --select I --fix .

lock: $(DEV_ENVIRONMENT) ## rewrite requirements/*.txt; upgrades: make lock FLAGS=--upgrade
	@PATH="$(CURDIR)/.venv/bin:$$PATH" scripts/lock.sh $(FLAGS)

docs: $(DEV_ENVIRONMENT) ## rewrite the generated documents
	@$(PY) scripts/docs.py

clean: stop ## stop, then remove .venv and .local (the model, Prometheus, its data)
	@rm -rf .venv .local
	@echo "removed .venv and .local"

.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' Makefile

# a stamp is older than a file that asks for something else: installed again
$(RUN_ENVIRONMENT): requirements/local.txt $(MEMBERS) scripts/venv.sh
	@scripts/venv.sh local $@

$(DEV_ENVIRONMENT): requirements/dev.txt $(MEMBERS) scripts/venv.sh
	@scripts/venv.sh dev $@
