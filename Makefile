# Needs Python 3.11 or newer and make; everything else is set up in .venv from the lock (requirements/dev.txt).
.DEFAULT_GOAL := help
.PHONY: help setup run test check bench serve study translations lock wheel-check clean

BIN := .venv/bin
READY := .venv/.ready
STUDY ?= igg4-rd-sirolimus
AS_OF ?= 2026-06-30
PATIENT ?= sample-0001
SIZE ?= 500

help: ## what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(READY) ## a virtual environment in .venv, with prescreen in it

# The stamp is written last: a set-up that was interrupted starts again.
$(READY): requirements/dev.txt setup.cfg setup.py pyproject.toml
	@PYTHON="$(PYTHON)" .ci/find-python -m venv .venv
	@echo "Setting up .venv (a minute, once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation --editable .
	@touch $(READY)

run: setup ## invent a population, screen it, explain one patient
	$(BIN)/prescreen sample --patients 200 --seed 7 --out export/
	$(BIN)/prescreen screen export/ --study $(STUDY) --as-of $(AS_OF) --out result/
	$(BIN)/prescreen explain export/ --patient $(PATIENT) --study $(STUDY) --as-of $(AS_OF)
	@echo "The same in a browser, with two accounts to try it: $(BIN)/prescreen serve --demo"

test: setup ## the whole suite
	$(BIN)/python -m pytest

check: setup ## style, types, imports, content
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports setup.cfg
	$(BIN)/prescreen study check
	$(BIN)/prescreen study test

bench: setup ## how fast, on this machine: make bench PART=bulk SIZE=500; written to docs/performance.md
	$(BIN)/python -m tests.bench $(PART) --size $(SIZE)

serve: setup ## the service on this machine, port 8000
	$(BIN)/prescreen serve

study: setup ## one study in plain words: make study STUDY=igg4-rd-sirolimus
	$(BIN)/prescreen study show $(STUDY)

translations: setup ## take the texts of the pages into the catalogs, and say what is not translated
	$(BIN)/python -m tests.translations

wheel-check: setup ## build the wheel, install it into a clean environment, use it from elsewhere
	.ci/wheel-check

lock: ## write requirements/ again from setup.cfg (all newest: make lock UPGRADE=--upgrade)
	.ci/lock $(UPGRADE)

clean: ## remove what was made here; .venv stays
	rm -rf build dist export result .bench *.egg-info
