# Everything here needs Python 3.11 or newer and make, nothing else.
#
# One virtual environment serves all: it is built once, from constraints.txt, and
# gp-otel itself goes in as a built wheel, never as a link to this folder.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
VERSIONS ?= 3.11 3.12 3.13

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
WHEEL := build/wheel
PARTS := gp_otel instrumentors examples/chat collector-config
SOURCES := pyproject.toml README.md LICENSE \
	$(shell find $(PARTS) -name __pycache__ -prune -o -print 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test test-all suite coverage lint types format bench \
	constraints clean

help: ## Show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | \
	while IFS='|' read -r target text; do \
		printf '  %-18s%s\n' "$$target" "$$text"; \
	done
	@echo
	@echo 'PYTHON=python3.12 chooses the interpreter (once: make clean forgets it),'
	@echo 'ARGS="…" goes on to the demo, to pytest or to the benchmarks.'

demo: $(VENV)/.demo $(VENV)/.wheel ## Break a real application, see the records
	@$(BIN)/gp-otel demo $(ARGS)

test: lint types suite ## Lint, types, and the suite on the built wheel

test-all: ## The same on every Python of VERSIONS that is there
	@missing=; for version in $(VERSIONS); do \
		for python in python$$version \
			"$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$$version.*/bin/python; do \
			"$$python" -c '' 2>/dev/null && break; \
			python=; \
		done; \
		if [ -z "$$python" ]; then missing="$$missing $$version"; continue; fi; \
		echo "== Python $$version: $$python"; \
		$(MAKE) --no-print-directory test \
			PYTHON="$$python" VENV=".venv-$$version" || exit 1; \
	done; \
	if [ -n "$$missing" ]; then echo "Not found and so not tested:$$missing"; fi

# -P keeps this folder off sys.path: what is imported is the installed wheel.
suite: $(VENV)/.test $(VENV)/.wheel ## The suite alone, with branch coverage
	@rm -rf build/coverage
	@mkdir -p build/coverage
	@$(BIN)/python -P -m coverage run -m pytest $(ARGS)

coverage: ## What the last run of the suite did not reach
	@$(BIN)/coverage combine --keep --quiet
	@$(BIN)/coverage report

lint: $(VENV)/.test ## Style and format; changes nothing
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || \
		{ echo 'Not formatted: make format does it.' >&2; exit 1; }
	@echo 'lint: clean'

types: $(VENV)/.test ## mypy --strict and pyright strict
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/basedpyright --pythonpath $(BIN)/python
	@echo 'types: clean'

format: $(VENV)/.test ## Put everything into shape
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

bench: $(VENV)/.test $(VENV)/.wheel ## What it costs, beside what it may cost
	@$(BIN)/python tests/benchmarks $(ARGS)

constraints: $(VENV)/.made ## Resolve every dependency anew
	@$(PIP) install uv
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --upgrade \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links \
		--no-header --no-annotate --quiet --output-file constraints.txt
	@echo 'constraints.txt: written'

clean: ## Remove what was built, the environments too
	@rm -rf .venv .venv-3.* build dist
	@rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- the environment ---------------------------------------------------------

$(VENV)/.made: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo 'gp-otel needs Python 3.11 or newer, which $(PYTHON) is not:' \
			'make PYTHON=/path/to/python3.12 …' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo 'Without venv: on Debian, apt install python3-venv' >&2; exit 1; }
	@$(PIP) install -c constraints.txt hatchling
	@touch $@

$(WHEEL)/.built: $(SOURCES) | $(VENV)/.made
	@rm -rf $(WHEEL)
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir $(WHEEL) .
	@touch $@

$(VENV)/.demo: pyproject.toml $(VENV)/.made | $(WHEEL)/.built
	@echo 'Installing the demo into $(VENV): 70 MB, a minute or so …'
	@$(PIP) install -c constraints.txt "$$(ls $(WHEEL)/*.whl)[demo]"
	@touch $@

$(VENV)/.test: pyproject.toml $(VENV)/.made | $(WHEEL)/.built
	@echo 'Installing the tests into $(VENV): 450 MB, some minutes …'
	@$(PIP) install -c constraints.txt "$$(ls $(WHEEL)/*.whl)[test]"
	@touch $@ $(VENV)/.demo

$(VENV)/.wheel: $(WHEEL)/.built
	@$(PIP) install --no-deps --force-reinstall $(WHEEL)/*.whl
	@touch $@
