# Liangqing 两清. Python 3.11 or newer, pip and make are all that must be there; everything else comes by itself.
#
#   make run               the demo institution in the browser (made at the first run), its address and logins
#   make test              all tests; some: make test ARGS="tests/kit -k share"
#   make test-cluster      the night on a cluster against the night on one machine; needs Java 17
#   make check             format, lint, types, ladder, translations, tests: just what CI runs
#   make demo              fill an empty house with the demo institution
#   make night DATE=D      decide everything for a date, as 2026-06-30
#   make bench ARGS=…      measure
#   make setup             only make the environment
#   make ui                build what browsers load; make screenshots ARGS=FOLDER takes pictures of every page
#   make messages          refresh the message catalogues from the code
#   make migrations        write the migrations that changed models need
#   make lock              choose versions anew for what pyproject.toml asks; newer ones: ARGS=--upgrade
#   make clean             remove what was made, except data
#
# Data stands in LIANGQING_HOME (here: .demo), or on the server named by DATABASE_URL.
# Mirrors are those pip or uv is set to, such as PIP_INDEX_URL.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help

PYTHON ?= python3
ARGS ?=
export LIANGQING_HOME ?= $(CURDIR)/.demo
export PYTHONUNBUFFERED := 1
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
RUN := .venv/run.stamp
DEV := .venv/dev.stamp
CLUSTER := .venv/cluster.stamp
INPUTS := pyproject.toml scripts/environment.py
SENTENCES := $(shell find liangqing -path '*/LC_MESSAGES/*.po')
COMPILED := $(SENTENCES:.po=.mo)
UI := liangqing/workbench/ui
BUNDLE := liangqing/workbench/static/workbench/manifest.json
PYTEST := $(BIN)/python -m pytest
# Tests make databases of their own, whatever house is set for running.
TESTS := env -u LIANGQING_HOME $(PYTEST)

.PHONY: help setup ui screenshots run demo night test test-cluster check format lint types ladder house messages migrations bench lock clean

help:
	@sed -n 's/^#   //p' Makefile

setup: $(DEV) $(COMPILED) $(BUNDLE)

ui: $(RUN)
	@$(BIN)/python scripts/ui.py

screenshots: $(DEV) $(COMPILED) $(BUNDLE)
	@$(BIN)/liangqing demo --if-empty
	@$(BIN)/python -m scripts.screenshots $(ARGS)

run: $(RUN) $(COMPILED) $(BUNDLE)
	@$(BIN)/liangqing demo --if-empty
	@$(BIN)/liangqing serve --demo $(ARGS)

demo: $(RUN) $(COMPILED)
	@$(BIN)/liangqing demo $(ARGS)

night: $(RUN) $(COMPILED)
	@[[ -n "$(DATE)" ]] || { echo "Which date? make night DATE=2026-06-30" >&2; exit 2; }
	@$(BIN)/liangqing night --date "$(DATE)" $(ARGS)

test: $(DEV) $(COMPILED) $(BUNDLE)
	@$(TESTS) -n auto $(ARGS)

test-cluster: $(CLUSTER) $(COMPILED) $(BUNDLE)
	@$(TESTS) -m cluster tests/nightly/cluster $(ARGS)

check: format lint types ladder
	@$(MAKE) --no-print-directory test ARGS=

format: $(DEV)
	@echo "· format" && $(BIN)/ruff format --check --quiet --output-format concise . || { echo "Put right with: $(BIN)/ruff format" >&2; exit 1; }

lint: $(DEV)
	@echo "· lint" && $(BIN)/ruff check --quiet --output-format concise .

types: $(DEV)
	@echo "· types" && $(BIN)/mypy --no-error-summary

ladder: $(DEV)
	@echo "· ladder" && told=$$($(BIN)/lint-imports --no-logo) || { echo "$$told"; exit 1; }

house: $(DEV) $(COMPILED)
	@echo "· house: migrations, translations, requirements" && $(TESTS) tests/house

messages: $(DEV)
	@$(BIN)/python -m scripts.translations refresh

migrations: $(DEV)
	@DJANGO_SETTINGS_MODULE=liangqing.house.settings $(BIN)/python -W ignore::RuntimeWarning -m django makemigrations $(ARGS)

bench: $(DEV) $(COMPILED)
	@$(BIN)/python -m bench $(ARGS)

lock:
	@$(PYTHON) scripts/environment.py lock $(ARGS)

clean:
	@rm -rf .venv .boot build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@rm -f $(COMPILED)
	@find liangqing tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
	@[[ ! -d .demo ]] || echo "The demo institution is kept; to lose it too: rm -r .demo"

$(RUN): requirements/run.txt requirements/boot.txt $(INPUTS)
	@$(PYTHON) scripts/environment.py run

$(DEV): requirements/dev.txt requirements/boot.txt $(INPUTS)
	@$(PYTHON) scripts/environment.py dev

$(CLUSTER): requirements/cluster.txt requirements/dev.txt requirements/boot.txt $(INPUTS)
	@$(PYTHON) scripts/environment.py cluster

$(BUNDLE): $(UI)/package-lock.json $(UI)/package.json $(UI)/vite.config.js $(wildcard $(UI)/src/*) | $(RUN)
	@echo "Building what browsers load …" >&2 && $(BIN)/python scripts/ui.py

%.mo: %.po | $(RUN)
	@$(BIN)/python -m scripts.translations compile
