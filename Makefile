# Every target works on its own: what it needs is set up first. Logic lives in Python.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test e2e lint fmt bench soak run-webhook golden docs check lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15) and "polgate needs Python 3.11 to 3.14, found " + sys.version.split()[0] + ": say which with make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(READY) ## Create .venv and install the locked dependencies and the project

demo: $(READY) ## Check the sample manifests with the shipped policies
	@$(BIN)/polgate check examples/manifests --policies policies || test $$? -eq 1

test: $(READY) ## Run all tests but those of make e2e
	@$(BIN)/python -m pytest -n auto --ignore tests/e2e

e2e: $(READY) ## Run the tests against a real kube-apiserver, as KUBEBUILDER_ASSETS says or built with Go
	@KUBEBUILDER_ASSETS="$${KUBEBUILDER_ASSETS:-$$(.ci/kube/build)}" && export KUBEBUILDER_ASSETS && \
	$(BIN)/python -m pytest tests/e2e

lint: $(READY) ## Check style, types, layers and spelling
	@$(BIN)/python .ci/lint.py

fmt: $(READY) ## Format the code and sort imports
	@$(BIN)/ruff check --quiet --fix --exit-zero . && $(BIN)/ruff format .

bench: $(READY) ## Measure speed, each benchmark as a ratio in one run
	@$(BIN)/python bench/run.py

soak: $(READY) ## Load the server with a million reviews while its policies change
	@$(BIN)/python -m bench.soak

run-webhook: $(READY) ## Answer reviews on this machine by the shipped policies
	@$(BIN)/polgate serve --policies policies --log-format text

golden: $(READY) ## Rewrite the recorded outputs in tests/golden; review the difference
	@POLGATE_REWRITE_GOLDEN=1 $(BIN)/python -m pytest -q tests/golden

docs: $(READY) ## Rewrite the generated parts of docs/
	@$(BIN)/python docs/generate.py && $(BIN)/python docs/values_table.py

check: ## Run what continuous integration runs
	@.ci/run

lock: ## Lock the dependencies anew into requirements/
	@$(PYTHON) requirements/lock.py

clean: ## Remove everything that was generated
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
