# Two commands matter: `make demo` and `make test`. Everything lives in .venv.
PYTHON ?= python3
BIN := .venv/bin
# One more than there are processors: the suite waits for processes and clocks for a third of its time.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)
comma := ,
# Everything here talks to this machine only, whatever proxy leads out of it.
export no_proxy := $(if $(no_proxy),$(no_proxy)$(comma))127.0.0.1,localhost
export NO_PROXY := $(no_proxy)

.PHONY: help demo test soak check bench fix clean
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Roadcrew needs Python 3.11 or newer; say PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: .venv/ready  ## play the main story on a local GitHub (ARGS=--once: headless, exits by itself)
	$(BIN)/roadcrew demo $(ARGS)

test: .venv/ready  ## the whole suite (ARGS: passed to pytest)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

soak: .venv/ready  ## the whole suite with every variation of what `make test` samples
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --soak $(ARGS)

check: .venv/ready  ## lint, format, types, import contract, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_docs.py tests/test_house.py

bench: .venv/ready  ## how long the main jobs take, beside doing them by hand (ARGS: --entities 1000)
	$(BIN)/python -m benchmarks $(ARGS)

fix: .venv/ready  ## what the linter and formatter can mend by themselves
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## forget the virtual environment and all caches
	rm -rf .venv .roadcrew .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
