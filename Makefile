# hpedu: two commands matter, `make report` (fresh machine to finished reports) and `make test` (every check).
PYTHON ?= python3
BIN := .venv/bin

.PHONY: report test lab bench backtest lock clean lint unit notebooks refresh-notebooks browser sentences

report: .venv/run.stamp
	$(BIN)/hpedu ingest
	$(BIN)/hpedu report

test: .venv/test.stamp browser lint unit notebooks

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: .venv/test.stamp
	$(BIN)/python -m pytest --numprocesses auto --dist loadscope

# The notebooks are kept without outputs; nbval compares with executed copies (see tests/notebooks/refresh.py).
notebooks: .venv/test.stamp
	$(BIN)/python -m pytest --nbval-lax --nbval-current-env tests/notebooks

refresh-notebooks: .venv/test.stamp
	$(BIN)/python tests/notebooks/refresh.py

# Every sentence a reader can meet, kept in tests/sentences; read the diff before it is committed.
sentences: .venv/test.stamp
	$(BIN)/python -m tests.sentences

lab: .venv/run.stamp
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/guided_tour.ipynb

bench: .venv/test.stamp
	$(BIN)/python -m tests.bench

# How the projections would have done: build/backtest.json, docs/track_record.md, what the reports quote of it.
backtest: .venv/test.stamp
	$(BIN)/python -m tests.backtest

# The browser checks need a real Chromium. Debian's is installed where we may; elsewhere one line says what to type.
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; \
	else echo "The browser checks need Chromium. Type: sudo apt-get install chromium" >&2; exit 1; fi

# pip alone does it, so a machine needs nothing but Python; byte-compiling halves the time of later imports.
.venv/run.stamp: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("hpedu needs Python 3.11 or newer; try: make PYTHON=python3.12 report")'
	$(PYTHON) -m venv .venv
	@echo "Installing from requirements.lock (about 200 MB on a fresh machine) ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q -j 0 .venv/lib hpedu || true
	@touch $@

.venv/test.stamp: .venv/run.stamp requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

# Rewrites both lock files from pyproject.toml; no index address is ever written.
UV_COMPILE := uv pip compile pyproject.toml build/build-system.txt --universal --python-version 3.11 \
  --generate-hashes --no-header --no-annotate
lock:
	@command -v uv >/dev/null || { echo "Rewriting the locks needs uv. Type: python3 -m pip install uv" >&2; exit 1; }
	@mkdir -p build && echo "setuptools>=80" > build/build-system.txt
	$(UV_COMPILE) --quiet --output-file requirements.lock
	$(UV_COMPILE) --quiet --extra test --constraint requirements.lock --output-file requirements-test.lock

clean:
	rm -rf .venv build data/processed reports
