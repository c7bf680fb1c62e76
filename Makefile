# Each verb is a line or two. The first one used makes .venv from the locked, hashed requirements; later ones reuse it.
PYTHON ?= python3
SHARED_DIR ?= $(CURDIR)/../shared
DATA ?= .node
KEEP ?=
ONLY ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export SHARED_DIR
.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench serve interop death clean

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1 — /p' $(MAKEFILE_LIST)

demo: $(READY) ## the whole story on this machine: issue, ask, consent, relay, report, revoke (KEEP=1 stays up)
	@$(BIN)/ler-node demo $(if $(KEEP),--keep)

test: $(READY) ## every test this machine can run, with what was skipped and why (ONLY=tests/crash for some)
	@$(BIN)/pytest -rs -n auto $(ONLY)

check: $(READY) ## format, lint, types, import layers
	@echo 'format …' && $(BIN)/ruff format --check -q . && echo 'lint …' && $(BIN)/ruff check -q .
	@echo 'types …' && $(BIN)/pyright && echo 'layers …' && $(BIN)/lint-imports --no-cache

format: $(READY) ## put the code into its format
	@$(BIN)/ruff format -q . && $(BIN)/ruff check -q --fix .

bench: $(READY) ## measure against same-run floors, into .bench/results.json (ONLY=prefix for some)
	@$(BIN)/python -m benchmarks $(ONLY)

serve: $(READY) ## one node on loopback with its data in .node (DATA=folder for another)
	@test -e $(DATA)/node.toml || $(BIN)/ler-node init --data $(DATA) --did did:web:localhost%3A8101 --name 'My node' --listen 127.0.0.1:8101
	@$(BIN)/ler-node serve --data $(DATA)

interop: $(READY) ## exchange messages and credentials with independent implementations, in environments of their own
	@$(BIN)/python -m tests.interop

death: $(READY) ## an institution closes and all its keys are stolen: what is believed 1, 10 and 30 years later
	@$(BIN)/python -m tests.death

setup: $(READY) ## make .venv and nothing else

clean: ## remove the environment and what tools left; data directories stay
	@rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info

$(READY): requirements-dev.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"found Python {v[0]}.{v[1]} as $(PYTHON); expected 3.11 or newer: make PYTHON=/path/to/python3.11")'
	@echo 'environment … (once, a minute or two)' && $(PYTHON) -m venv $(VENV)
	@echo '  packages …' && $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@echo '  this project …' && $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -e .
	@touch $@ && echo '  ready'
