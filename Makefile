# On a fresh machine with Python 3.11 or later: `make demo` shows it, `make test` checks it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench editor browser clean

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,cluster]'
	@touch $@

demo: $(VENV)/installed
	$(BIN)/cleanplate demo

editor: $(VENV)/installed
	$(BIN)/python web/build.py

# What tests/web drives. Where it cannot be installed, those tests are skipped and say so.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	       && apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1; } \
	  || echo "There is no Chromium here: the tests of the editor will be skipped."

# A cluster's own processes want both cores: so these tests go by themselves.
CLUSTER := tests/engine/test_cluster.py

# Compiled once: where Python keeps no bytecode, each process that a test starts would do it anew.
test: $(VENV)/installed editor browser
	$(BIN)/ruff check .
	@$(BIN)/python -m compileall -q src
	$(BIN)/python -m pytest --numprocesses auto --ignore $(CLUSTER)
	$(BIN)/python -m pytest $(CLUSTER)

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(VENV)/installed
	$(BIN)/python -m bench fill

clean:
	rm -rf $(VENV) build dist demo web/node_modules src/cleanplate/server/static
