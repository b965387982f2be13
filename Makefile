# 大仪 Dayi: each target works alone on a machine with Python 3.11, Node 20 and a compiler.
SHELL := /bin/bash
PYTHON ?= python3
RUN := .venv/bin
T ?= tests
# How many test processes run side by side; each has a database server of its own.
N ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup up test faults check lint types imports processes bench docs words migration lock tools clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: .stamps/python .stamps/frontend .stamps/words ## packages, front end, words (done by the other targets)

.stamps/tools-seen:
	@command -v $(PYTHON) >/dev/null || { echo "缺少 Python 3.11 或更高版本 / Python 3.11 or later is missing"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更高版本 / Python 3.11 or later is needed, this is $$($(PYTHON) --version)"; exit 1; }
	@command -v npm >/dev/null || { echo "缺少 Node 20 与 npm / Node 20 with npm is missing"; exit 1; }
	@mkdir -p .stamps && touch $@

.stamps/python: requirements.lock pyproject.toml | .stamps/tools-seen
	@echo "── 1/3 Python 依赖 / Python packages"
	$(PYTHON) -m venv .venv
	$(RUN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.stamps/frontend: $(shell find web/frontend -type f -not -path '*/node_modules/*' 2>/dev/null) | .stamps/tools-seen
	@echo "── 2/3 前端构建 / front end"
	cd web/frontend && npm ci --no-audit --no-fund --loglevel=error
	cd web/frontend && npm run --silent build:feel && npm run --silent build:fonts && npm run --silent build
	@touch $@

.stamps/words: $(shell find web/translations -name '*.po' 2>/dev/null) .stamps/python
	@echo "── 3/3 词条 / words"
	$(RUN)/dayi words compile
	@touch $@

up: setup ## start the whole platform in the foreground
	@DAYI_MODE=$${DAYI_MODE:-demo} $(RUN)/dayi up

test: setup tools ## run all tests; T=tests/unit narrows it
	$(RUN)/pytest -n $(N) --dist loadfile $(T)

faults: setup tools ## kills, crowds and machines at full length (hours); make test runs them short
	RACE_ROUNDS=1000 MACHINE_STEPS=1000000 $(RUN)/pytest tests/faults tests/integration/test_booking_races.py tests/integration/test_money_races.py tests/unit/test_chain_machine.py tests/unit/domain/test_voucher_machine.py

check: setup lint types imports processes ## lint, types, import directions, process folders

lint:
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

types:
	$(RUN)/mypy
	cd web/frontend && npm run --silent check

imports:
	$(RUN)/lint-imports

processes:
	$(RUN)/dayi processes check processes/*

bench: setup ## run every benchmark and print its figures
	@for file in benchmarks/*.py; do echo "── $$file"; $(RUN)/python $$file --json || exit 1; done

docs: setup ## write the generated reference pages
	$(RUN)/dayi docs write

words: setup ## collect texts from the sources into the catalogues
	$(RUN)/dayi words update

migration: setup ## new migration: make migration m="add job lease"
	$(RUN)/dayi database migration "$(m)"

lock: ## pin the Python packages again
	$(RUN)/python -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --extra dev --python-version 3.11 pyproject.toml -o requirements.lock

tools: .stamps/python ## browser and broker for the tests, where this machine allows it
	$(RUN)/dayi tools

clean: ## remove build products (data in .dayi stays)
	rm -rf .venv .stamps web/frontend/node_modules web/static/dist engine/*.bundle.js domain/documents/fonts
