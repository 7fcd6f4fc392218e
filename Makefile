# Two commands do everything: `make run` and `make test`. The others are parts of them.

# The first Python that is new enough; name another one with `make PYTHON=...`.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# One after the other, also under `make -j`: they share the virtual environment.
.NOTPARALLEL:
.PHONY: run test check lint unit bench years test-tools lock clean

run: $(VENV)/installed
	@$(BIN)/certiflow up

# A file's tests stay together: they share a product or a browser, and some tell one story.
test: test-tools lint
	@$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

check: lint unit

lint: $(VENV)/installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .
	@$(BIN)/djlint --lint --quiet templates
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run

unit: $(VENV)/installed-dev
	@$(BIN)/python -m pytest -q -n auto --dist loadfile -m "not browser and not interop and not started" --ignore tests/postgresql --ignore tests/attacks

bench: $(VENV)/installed-dev
	@$(BIN)/python -m benchmarks

# Three years under a moved clock, in a quarter of an hour; puts their log into docs/three-years.md.
years: $(VENV)/installed-dev
	@$(BIN)/python -m simulation --page

# Programs that judge from outside: a browser, other TLS libraries, a web server, PostgreSQL.
test-tools:
	@sh tests/install-tools.sh

# The project itself is installed last and editable: its commands run this checkout.
$(VENV)/installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the dependencies ..."
	@$(PIP) install -q --require-hashes -r requirements.lock
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@echo "Installing what the tests need ..."
	@$(PIP) install -q --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/bin/python:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or later is needed. Where it has another name: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 1; }

# For maintainers, after a change of dependencies in pyproject.toml; needs uv.
lock:
	uv pip compile -q --no-header --generate-hashes --universal --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile -q --no-header --generate-hashes --universal --python-version 3.11 pyproject.toml --extra postgresql -o requirements-postgresql.lock
	uv pip compile -q --no-header --generate-hashes --universal --python-version 3.11 pyproject.toml --extra chat -o requirements-chat.lock
	uv pip compile -q --no-header --generate-hashes --universal --python-version 3.11 pyproject.toml --extra postgresql --extra chat --extra dev -o requirements-dev.lock

# Leaves the installation in var/ alone.
clean:
	rm -rf $(VENV) build *.egg-info benchmarks/results simulation/results .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
