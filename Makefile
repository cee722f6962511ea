# Every target makes the environment it needs; `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := bash
# Without byte code `import tfx` takes 20-30 s instead of 8.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
# Two test processes: much of what they do is waiting.
JOBS := 2
PYTEST := -m pytest --timeout 300 --numprocesses $(JOBS) --dist loadfile
BENCHMARKS := $(filter-out test_%,$(patsubst tests/benchmarks/%.py,%,$(wildcard tests/benchmarks/[a-z]*.py)))

.PHONY: help env demo test slow lint bench test-tfx-latest lock clean

help: ## list the targets
	@sed -nE 's/^([a-z%-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 28
	@echo "ARGS='...' is passed on by demo, test, slow, bench-NAME and test-tfx-latest."

env: ## make .venv from the lock that fits this machine
	@.ci/make_env .venv

demo: env ## run a whole pipeline on bundled data
	@$(PYTHON) -m pipelines.local $(ARGS)

test: env ## the fast tests
	@$(PYTHON) $(PYTEST) $(ARGS)

slow: env ## the long tests and those that start a pipeline runner
	@$(PYTHON) $(PYTEST) --timeout 900 -m "slow or runner" $(ARGS)

lint: env ## ruff, mypy and hadolint (needs Python 3.10: lane B's lock has none)
	@failed=0; for tool in "ruff check" "ruff format --check" mypy; do \
	  $(PYTHON) -m $$tool || failed=1; done; \
	.venv/bin/hadolint kubeflow/Dockerfile || failed=1; exit $$failed

bench: $(BENCHMARKS:%=bench-%) ## run every benchmark of tests/benchmarks
	@echo "Benchmarks: $(BENCHMARKS)"

bench-%: env ## run tests/benchmarks/NAME.py
	@$(PYTHON) -m tests.benchmarks.$* $(ARGS)

test-tfx-latest: ## the fast tests with the newest TFX (lane B)
	@.ci/lane_b_python $(PYTEST) -p no:cacheprovider $(ARGS)

lock: ## resolve .requirements/*.in again (ARGS=--upgrade for newer versions)
	@.ci/make_locks $(ARGS)

clean: ## delete what the targets made in this folder
	rm -rf .venv .venv-* .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
