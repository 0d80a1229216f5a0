# `make` alone prints the verbs. Settings: environment, `make VERB NAME=value`, or `.env`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
MEMBERS := pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml stack/pyproject.toml)
RUN_ENVIRONMENT := .venv/.installed-local
DOCKER_ENVIRONMENT := .venv/.installed-docker
DEV_ENVIRONMENT := .venv/.installed-dev
DASHBOARD_ENVIRONMENT := .venv/.installed-dashboard

# FILE reaches a recipe as a variable of its environment, whatever characters it has
ARCHIVE := $${FILE:-dist/ollama-observe-images.tar}

# what the verbs need of .venv, in whichever world; a set's name is that of the processes' one
ENVIRONMENT := scripts/environment.sh

# a .venv that is half made, or was moved and points at another checkout, is not set up
HAS = $(PY) -c 'import os, stack, $(1); \
  os.path.samefile(stack.__file__, "stack/src/stack/__init__.py") or exit(1)' 2>/dev/null
IS_SET_UP := $(call HAS,supervisor)
REQUIRE = @$(1) || { if [ -e $(DASHBOARD_ENVIRONMENT) ] && \
  ! [ -e $(RUN_ENVIRONMENT) -o -e $(DOCKER_ENVIRONMENT) -o -e $(DEV_ENVIRONMENT) ]; \
  then echo "only the dashboard is set up here: make start brings the rest"; \
  elif [ -e .venv ]; \
  then echo ".venv is being set up, was left half made or was moved: make start mends it"; \
  else echo "nothing is set up here yet: make start"; fi; exit 3; }
REQUIRE_SETUP = $(call REQUIRE,$(IS_SET_UP))
# the set of the dashboard alone is without the supervisor
REQUIRE_VERBS = $(call REQUIRE,$(call HAS,stack.__main__))

# some shells export a HOST of their own, which is this machine
THERE = $(if $(filter command,$(firstword $(origin HOST))),--host "$$HOST")

# stopping needs no member but this one, which its own folder gives also after a move
IN_PLACE := cd stack/src && ../../$(PY)
CAN_STOP := ($(IN_PLACE) -c 'import stack.__main__, stack.stop') 2>/dev/null

##@ Run
.PHONY: start stop restart status top logs start-ollama pull-model
start: ## set up what is missing, start everything, say what runs where
	@$(ENVIRONMENT) local
	$(REQUIRE_SETUP)
	@$(PY) -m stack start

stop: ## stop everything; requests in flight finish first (PROXY_DRAIN_SECONDS at most)
	@if $(CAN_STOP); then $(IN_PLACE) -m stack stop; else scripts/stop.sh; fi

restart: ## stop, then start what ran, with the settings of now
	@$(ENVIRONMENT) local
	$(REQUIRE_SETUP)
	@$(PY) -m stack restart

status: ## each part: state, port, health, since when, and whether in containers
	$(REQUIRE_SETUP)
	@$(PY) -m stack status

top: ## what happens now, in the terminal; of another machine: make top HOST=gpu-box
	@$(if $(THERE),$(ENVIRONMENT) docker)
	$(REQUIRE_SETUP)
	@$(PY) -m stack top $(THERE) $(FLAGS)

logs: ## follow the logs; one part: make logs SERVICE=proxy
	$(REQUIRE_SETUP)
	@$(PY) -m stack logs $(SERVICE)

start-ollama: ## start only what answers as Ollama: one that is installed, or the engine
	@$(ENVIRONMENT) local
	$(REQUIRE_SETUP)
	@$(PY) -m stack start-ollama

pull-model: ## have Ollama fetch a model: make pull-model MODEL=llama3.2:3b
	@$(ENVIRONMENT) local
	$(REQUIRE_SETUP)
	@$(PY) -m stack pull-model

##@ Set up
.PHONY: setup install validate images bundle load
setup: ## fetch all that a start needs, start nothing
	@$(ENVIRONMENT) local
	$(REQUIRE_SETUP)
	@$(PY) -m stack setup

install: ## install the Python packages alone, into .venv
	@$(ENVIRONMENT) local
	$(REQUIRE_SETUP)
	@$(PY) -m stack install

validate: ## is all here that a start needs, and how to get it: FLAGS=--network asks for packages
	@if $(IS_SET_UP); then $(PY) -m stack validate $(FLAGS); else scripts/machine.sh; fi

images: ## build every image anew, pull those of others that are missing
	@RUNTIME=docker $(ENVIRONMENT) docker
	$(REQUIRE_SETUP)
	@$(PY) -m stack images

bundle: ## all images as one archive, for machines without a registry: FILE=images.tar
	@RUNTIME=docker $(ENVIRONMENT) docker
	$(REQUIRE_SETUP)
	@$(PY) -m stack bundle $${FILE:+"$$FILE"}

load: ## restore the images of such an archive; needs nothing but Docker
	@command -v docker >/dev/null || { echo "docker is not installed" >&2; exit 1; }
	@[ -f "$(ARCHIVE)" ] || { echo "expected an archive of make bundle, found none at $(ARCHIVE):" \
	  "make load FILE=images.tar" >&2; exit 1; }
	@docker image load --input "$(ARCHIVE)"

.PHONY: api-key
api-key: ## a new API key for the proxy, and its entry: make api-key ALIAS=alice, docs/KEYS.md
	$(REQUIRE_SETUP)
	$(if $(strip $(FLAGS)),,@[ -n "$${ALIAS:-}" ] || { echo "whose? make api-key ALIAS=alice" >&2; exit 2; })
	@$(PY) -m proxy.access.new $${ALIAS:+"$$ALIAS"} $(FLAGS)

.PHONY: install-service remove-service
install-service: $(RUN_ENVIRONMENT) ## run it by systemd, after a boot and after a crash: docs/SYSTEMD.md
	$(REQUIRE_SETUP)
	@$(PY) -m stack install-service

remove-service: ## take the systemd units away; what was measured stays
	$(REQUIRE_SETUP)
	@$(PY) -m stack remove-service

##@ Dashboard
.PHONY: dashboard start-dashboard stop-dashboard install-dashboard
dashboard: ## the page in the foreground, before what runs; Ctrl-C ends it
	@$(ENVIRONMENT) dashboard
	$(REQUIRE_VERBS)
	@$(PY) -m stack dashboard

start-dashboard: ## start only the dashboard, alone or beside what runs
	@$(ENVIRONMENT) local
	$(REQUIRE_SETUP)
	@$(PY) -m stack start-dashboard

stop-dashboard: ## stop only the dashboard; the rest goes on
	@if $(IS_SET_UP); then $(PY) -m stack stop-dashboard; else scripts/stop.sh dashboard; fi

install-dashboard: ## fetch what the dashboard alone needs, start nothing
	@$(ENVIRONMENT) dashboard
	$(REQUIRE_VERBS)
	@$(PY) -m stack install-dashboard

##@ Portkey
.PHONY: start-portkey stop-portkey health-portkey start-with-portkey start-proxy start-proxy-portkey
start-portkey: ## start only the Portkey gateway, alone or beside what runs
	@$(ENVIRONMENT) local
	$(REQUIRE_SETUP)
	@$(PY) -m stack start-portkey

stop-portkey: ## stop only the gateway; the proxy goes on and sends requests direct
	@if $(IS_SET_UP); then $(PY) -m stack stop-portkey; else scripts/stop.sh portkey; fi

health-portkey: ## does the gateway answer, carry a request, stream; exit code 3: not running
	$(REQUIRE_SETUP)
	@$(PY) -m stack health-portkey

start-with-portkey: ## start everything, with requests through the gateway
	@$(ENVIRONMENT) local
	$(REQUIRE_SETUP)
	@$(PY) -m stack start-with-portkey

start-proxy: ## start only what the proxy needs, with requests direct
	@$(ENVIRONMENT) local
	$(REQUIRE_SETUP)
	@$(PY) -m stack start-proxy

start-proxy-portkey: ## the same, with requests through a gateway that runs
	@$(ENVIRONMENT) local
	$(REQUIRE_SETUP)
	@$(PY) -m stack start-proxy-portkey

.PHONY: traffic-portkey traffic-portkey-direct traffic-portkey-proxy
traffic-portkey: ## the ten questions direct and through Portkey, with the difference
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic --preset quick --route mixed $(FLAGS)

traffic-portkey-direct: ## the ten questions straight to the Portkey gateway, past the proxy
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic --preset quick --route gateway $(FLAGS)

traffic-portkey-proxy: ## the ten questions by the proxy through Portkey
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic --preset quick --route portkey $(FLAGS)

##@ Traffic
.PHONY: traffic traffic-quick traffic-demo traffic-stress traffic-continuous traffic-compare
traffic: ## choose what to ask the running stack, then watch it
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic interactive $(FLAGS)

traffic-quick: ## send ten questions through the running stack; results in results/
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic --preset quick $(FLAGS)

traffic-demo: ## fifty; others as flags: make traffic-demo FLAGS="--concurrency 4"
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic --preset demo $(FLAGS)

traffic-stress: ## a thousand
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic --preset stress $(FLAGS)

traffic-continuous: ## without end, until Ctrl-C
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic --preset continuous $(FLAGS)

traffic-compare: ## two results: make traffic-compare A=results/... B=results/...
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic-compare $(A) $(B) $(FLAGS)

.PHONY: traffic-start traffic-stop traffic-rate traffic-status
traffic-start: ## have the worker (make start TRAFFIC=on) ask: RATE=2, FLAGS="--mix rag"
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic-start $(if $(RATE),--rate-per-second '$(RATE)') $(FLAGS)

traffic-stop: ## have it ask nothing more; it runs on
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic-stop

traffic-rate: ## so many questions a second: make traffic-rate RATE=0.5
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic-rate '$(RATE)'

traffic-status: ## what it does, and what came of it; exit code 3: there is none
	$(REQUIRE_SETUP)
	@$(PY) -m stack traffic-status $(FLAGS)

##@ Measure
.PHONY: metrics fit alerts cache-clear cache-eval bench soak drill
metrics: ## what the proxy and the exporter have measured so far
	$(REQUIRE_SETUP)
	@$(PY) -m stack metrics

fit: ## does a model fit beside what is loaded: make fit MODEL=llama3.2:3b CONTEXT=8192
	$(REQUIRE_SETUP)
	@$(PY) -m stack fit $${MODEL:+"--model=$$MODEL"} $${CONTEXT:+"--context=$$CONTEXT"} \
	  $${PARALLEL:+"--parallel=$$PARALLEL"} $${KV_CACHE_TYPE:+"--kv-cache-type=$$KV_CACHE_TYPE"} $(FLAGS)

alerts: ## what fires now, since when and what to do; fails where something fires
	$(REQUIRE_SETUP)
	@$(PY) -m stack alerts $(FLAGS)

cache-clear: ## have the proxy forget the answers that its cache keeps; exit code 3: not running
	$(REQUIRE_SETUP)
	@$(PY) -m stack cache-clear

cache-eval: $(DEV_ENVIRONMENT) ## how well the cache tells what means the same: docs/CACHE.md
	@$(PY) -m bench.cache $(FLAGS)

bench: $(DEV_ENVIRONMENT) ## what proxy and dashboard cost, in ten minutes: docs/PERFORMANCE.md
	@$(PY) -m bench $(FLAGS)

soak: $(DEV_ENVIRONMENT) ## mixed faults for ten minutes, then every count must be right
	@$(PY) -m bench.soak $(FLAGS)

drill: $(DEV_ENVIRONMENT) ## make each alert happen in a stack of its own, in three minutes
	@$(PY) -m drill $(FLAGS)

##@ Develop
.PHONY: test test-all lint format lock docs rules clean
# hundreds of processes are started: none may have to compile what it imports
test test-all: export PYTHONDONTWRITEBYTECODE =
test: $(DEV_ENVIRONMENT) ## run the tests, but the long ones; some: make test TESTS="tests/unit -k stack"
	@$(PY) -m pytest $(or $(TESTS),-n auto -m "not long")

test-all: $(DEV_ENVIRONMENT) ## run all of them: also containers, browser, drills, benchmarks
	@scripts/test_all.sh

lint: $(DEV_ENVIRONMENT) ## formatting, lint, types, directions of import, shell scripts
	@scripts/lint.sh

format: $(DEV_ENVIRONMENT) ## format the code and sort the imports
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --select I --fix .

lock: $(DEV_ENVIRONMENT) ## rewrite the locks and their licences; upgrades: make lock FLAGS=--upgrade
	@PATH="$(CURDIR)/.venv/bin:$$PATH" scripts/lock.sh $(FLAGS)
	@$(PY) -m supply licences

.PHONY: licences audit sbom
licences: $(DEV_ENVIRONMENT) ## read the licences of what the locks name: docs/LICENCES.md
	@$(PY) -m supply licences

audit: $(DEV_ENVIRONMENT) ## known vulnerabilities in what is pinned; exit code 3: nobody could say
	@$(PY) -m supply audit $(FLAGS)

sbom: $(DEV_ENVIRONMENT) ## what each image is made of, by CycloneDX, into dist/sbom
	@$(PY) -m supply sbom $${SOURCE_DATE_EPOCH:+"--epoch-seconds=$$SOURCE_DATE_EPOCH"} $(FLAGS)

docs: $(DEV_ENVIRONMENT) ## rewrite the generated documents
	@$(PY) scripts/docs.py
	@$(PY) scripts/containers.py
	@$(PY) -m grafana

rules: $(RUN_ENVIRONMENT) ## render prometheus/rules with the objectives of now (SLO_*)
	$(REQUIRE_SETUP)
	@$(PY) -m stack rules $(FLAGS)

clean: ## stop, then remove .venv and .local (the model, Prometheus, its data)
	@$(CAN_STOP) && $(MAKE_COMMAND) stop || scripts/stop.sh || [ $$? = 3 ] || \
	  { echo "nothing was removed: something still runs, as said above" >&2; exit 1; }
	@scripts/clean.sh

.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-22s %s\n", $$1, $$2}' Makefile

# a word that is no verb
.DEFAULT:
	@scripts/verb.sh $@

# nor is make's own file, which nothing makes anew
Makefile: ;

# a stamp is older than a file that asks for something else: installed again
$(RUN_ENVIRONMENT): requirements/local.txt $(MEMBERS) scripts/venv.sh
	@scripts/venv.sh local $@

$(DOCKER_ENVIRONMENT): requirements/docker.txt $(MEMBERS) scripts/venv.sh
	@scripts/venv.sh docker $@

$(DEV_ENVIRONMENT): requirements/dev.txt $(MEMBERS) scripts/venv.sh
	@scripts/venv.sh dev $@

$(DASHBOARD_ENVIRONMENT): requirements/dashboard.txt requirements/build.txt $(MEMBERS) scripts/venv.sh
	@scripts/venv.sh dashboard $@
