# Needs Python 3.11 or newer, git and make. Everything is set up in .venv.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-test
JOBS ?= 2
BENCHES ?= accept_speed whole_way at_rest store_speed clock_speed parse_speed

# Compiled modules save each command a fifth of its start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check bench screenshots clean

run: $(RUN_STAMP) var/mailroom.toml
	$(BIN)/mailroom run -c var/mailroom.toml

test: $(TEST_STAMP)
	$(BIN)/pytest -n $(JOBS) --dist loadgroup

check: $(TEST_STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -n $(JOBS) --dist loadgroup -m "not slow"

bench: $(TEST_STAMP)
	@for script in $(BENCHES); do echo "== $$script"; $(BIN)/python bench/$$script.py || exit 1; done

screenshots: $(TEST_STAMP)
	$(BIN)/python scripts/screenshots.py docs/images

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

var/mailroom.toml: | $(RUN_STAMP)
	$(BIN)/mailroom init var

$(BIN)/python:
	@test -n "$(PYTHON)" || \
	  { echo "Mailroom needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[holidays,auth]"
	@touch $@

$(TEST_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[test]"
	@touch $@ $(RUN_STAMP)
