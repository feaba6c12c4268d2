# Two commands for everybody:   make demo   and   make test
# Both do all the set-up themselves: Python 3.11 or later and make are all that is needed.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
# Tests wait a good part of their time: for servers, deadlines, commits.
JOBS ?= 3
# The machine's own certificates too: a company's proxy has some that no package knows.
INSTALL := UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 $(BIN)/uv pip install --quiet --python $(BIN)/python \
	--constraint constraints.txt

.PHONY: demo up test again-test faults browser-test bench lint wheel constraints clean

demo: $(VENV)/.runs
	@$(BIN)/outreach demo

up: $(VENV)/.runs
	@$(BIN)/outreach up

test: $(VENV)/.tests
	$(BIN)/python -m pytest -m "not browser and not again" --numprocesses $(JOBS) --dist worksteal

# Kills, stops and starves everything; SIZE=small takes some minutes, the full size an hour.
faults: $(VENV)/.tests
	$(BIN)/python -m tests.faults $(if $(SIZE),--size $(SIZE))

# With the API's description taken to its edges.
again-test: $(VENV)/.tests
	API_PHASES=examples,coverage,fuzzing,stateful API_EXAMPLES=5 \
	$(BIN)/python -m pytest -m again --numprocesses $(JOBS) --dist worksteal

browser-test: $(VENV)/.tests
	$(BIN)/python -m pytest -m browser --numprocesses 2 --dist worksteal

# Half an hour on an idle machine; BENCH="--only pages" measures a part, BENCH=--small tries it out.
bench: $(VENV)/.tests
	$(BIN)/python -m benchmarks $(BENCH)

lint: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

wheel: $(VENV)/.tests
	$(BIN)/python -m build --wheel --no-isolation

constraints: $(VENV)/.tests
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --upgrade \
		--no-header --no-annotate --no-emit-index-url pyproject.toml --output-file constraints.txt

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "Outreach needs Python 3.11 or later; none was found." >&2; exit 1; }
	@echo "Setting up Outreach in $(VENV) (once, about half a minute) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

$(VENV)/.runs: $(VENV)/.made pyproject.toml constraints.txt
	@$(INSTALL) --compile-bytecode --editable .
	@touch $@

$(VENV)/.tests: $(VENV)/.made pyproject.toml constraints.txt
	@$(INSTALL) --compile-bytecode --editable ".[dev]"
	@touch $@ $(VENV)/.runs

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache test-artifacts
