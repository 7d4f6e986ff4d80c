# Every command is bootstrap.py's, which also works without make (on Windows: py bootstrap.py run).
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help run test test-full test-agent38 lint check tidy docs audit bench lock wheelhouse system clean

help:            ## list these commands
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 20

run:             ## start the server, with this machine's agent and the demo hospital, in ./var
	@$(PYTHON) bootstrap.py run $(ARGS)

test:            ## every test that this machine can run, with coverage
	@$(PYTHON) bootstrap.py test $(ARGS)

test-full:       ## the same, the fault and fuzz tests with their full number of rounds
	@$(PYTHON) bootstrap.py test-full $(ARGS)

lint:            ## format, lint, types, imports
	@$(PYTHON) bootstrap.py lint

check:           ## format, lint, types, imports, quick tests: under a minute
	@$(PYTHON) bootstrap.py check $(ARGS)

test-agent38:    ## the agent on Python 3.8, the oldest that it runs on
	@$(PYTHON) bootstrap.py test-agent38 $(ARGS)

tidy:            ## format, and mend what the linter can mend
	@$(PYTHON) bootstrap.py tidy

docs:            ## write the pages that are made from the code
	@$(PYTHON) bootstrap.py docs

audit:           ## ask whether anything is known against a locked package
	@$(PYTHON) bootstrap.py audit

bench:           ## measure speed beside its peers, into docs/benchmarks.*
	@$(PYTHON) bootstrap.py bench $(ARGS)

lock:            ## write the locks anew from requirements/*.in
	@$(PYTHON) bootstrap.py lock $(ARGS)

wheelhouse:      ## fetch every locked package, for machines without a network
	@$(PYTHON) bootstrap.py wheelhouse

system:          ## install the Debian packages behind the tests' real components (root)
	@.ci/system-packages tests

clean:           ## remove what was made here, but not the data in ./var
	rm -rf .venv .venv38 .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
