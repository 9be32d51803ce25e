PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
WAVE   ?= 2010

.PHONY: report test lint notebooks requirements clean

report: $(VENV)/.ready  ## publish a wave (WAVE=2010) as HTML and PDF into site/
	@$(BIN)/wavebook publish $(WAVE)

test: $(VENV)/.ready  ## every test, the stored notebooks included
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --nbval --doctest-modules \
	  tests wavebook notebooks book

lint: $(VENV)/.ready  ## style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

notebooks: $(VENV)/.ready  ## run the notebooks with their defaults and store their outputs
	@$(BIN)/python -m wavebook.run

requirements:  ## compile pyproject.toml to exact versions with hashes (needs uv)
	uv pip compile pyproject.toml --group dev --universal --generate-hashes \
	  --python-version 3.11 --upgrade --quiet --output-file requirements.txt

clean:
	rm -rf _build $(VENV)

$(VENV)/.ready: requirements.txt pyproject.toml hatch_build.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "wavebook needs Python 3.11 or newer; found " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
