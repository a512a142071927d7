# What a person types. Everything is set up on first use, in .venv, from the locked requirements; the second run needs no
# network. An interrupted set-up is repaired by the next run: a stamp is only written when its step is complete.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-ready
DEV := $(VENV)/.dev-ready
TESTERS ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo serve test lint check bench chaos docs lock clean
.DEFAULT_GOAL := help

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

demo: $(RUNTIME) ## tell the product's story with a simulated Xero
	@$(BIN)/kyrios-xero demo

serve: $(RUNTIME) ## keep the engine running
	@$(BIN)/kyrios-xero serve

test: $(DEV) ## run the tests
	@$(BIN)/pytest -n $(TESTERS) --dist loadfile

lint: $(DEV) ## read the code as the tools do: style, types, rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## run everything a reviewer would run

bench: $(DEV) ## measure, against baselines in the same run (ARGS="--only memory", "--long")
	@$(BIN)/python -m tests.bench $(ARGS)

chaos: $(DEV) ## set a whole installation on fire and prove that nothing is lost (CHAOS="--help" tells more)
	@bin/rabbitmq $(VENV) || true
	@$(BIN)/python -m tests.chaos $(CHAOS)

docs: $(DEV) ## write the page of causes anew from their catalogue
	@$(BIN)/python -m tests.catalogue_page

lock: ## choose versions anew and write them down with their hashes (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs the program uv." >&2; exit 1; }
	uv lock --upgrade
	uv export --quiet --no-header --no-emit-project --no-dev --group build --format requirements.txt -o requirements/runtime.txt
	uv export --quiet --no-header --no-emit-project --group build --format requirements.txt -o requirements/dev.txt

clean: ## remove what was set up here; data of the engine are kept
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(RUNTIME): requirements/runtime.txt pyproject.toml bin/set-up
	@bin/set-up "$(PYTHON)" "$(VENV)" requirements/runtime.txt
	@touch $@

$(DEV): requirements/dev.txt pyproject.toml bin/set-up
	@bin/set-up "$(PYTHON)" "$(VENV)" requirements/dev.txt
	@touch $(RUNTIME) $@
