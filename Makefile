# `make run` starts the service, `make test` checks and tests it. Both install what they need into .venv.

FIND_PYTHON = for python in python3 python3.13 python3.12 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && command -v $$python && break; done
PYTHON ?= $(shell $(FIND_PYTHON))
BIN := .venv/bin

.PHONY: help run test check load lock docs clean python packages dev-packages

help:
	@echo "make run    start the service on 127.0.0.1 (PORT, 8000), with its data in LOCAL_DIR (.local)"
	@echo "make test   check, then run the tests (REQUIRE_BROWSER=1: a missing chromium is an error)"
	@echo "make check  lint, types, imports, migrations, OpenAPI, deployment settings"
	@echo "make load   measure against hand-written SQL"
	@echo "make docs   write the generated documents anew"
	@echo "make lock   pin the newest versions (needs uv)"
	@echo "make clean  remove what was installed; keeps LOCAL_DIR"

run: packages
	@exec $(BIN)/python -m config.run

test: check
	@exec $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# Settings as in production, without a server: nothing here is ever served.
check: export SECRET_KEY = $(shell head -c 64 /dev/urandom | base64 | tr -d '\n')
check: export DATABASE_URL = postgres:///nowhere?host=/nowhere
check: export REDIS_URL = unix:///nowhere
check: export ALLOWED_HOSTS = example.org
check: dev-packages
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	@$(BIN)/python manage.py check --deploy --fail-level WARNING

load: dev-packages
	@exec $(BIN)/python tests/load/run.py

docs: packages
	@mkdir -p docs
	@$(BIN)/python manage.py describe_lifecycles > .venv/lifecycles.md
	@mv .venv/lifecycles.md docs/lifecycles.md
	@$(BIN)/python manage.py describe_reminders > .venv/reminders.md
	@mv .venv/reminders.md docs/reminders.md

# uv must be on the PATH; the files name neither it, nor this machine, nor an index.
LOCK = uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.12
lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/"; exit 1; }
	$(LOCK) pyproject.toml -o requirements/run.txt
	$(LOCK) pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

python:
	@test -n "$(PYTHON)" || { echo "Python 3.12 or newer is needed and none was found: install it, or say where it is: make PYTHON=/path/to/python3"; exit 1; }

packages: python
	@$(PYTHON) config/install.py run

dev-packages: python
	@$(PYTHON) config/install.py dev
