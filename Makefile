# Thin: makes the environment, then hands over. `snakemake --cores 2` is the interface once it stands.

PYTHON ?= python3
# nproc takes the threads that a job may use for the cores of the machine
CORES ?= $(shell env -u OMP_NUM_THREADS nproc)
RUN = .venv/bin/snakemake --cores $(CORES)
# a folder that holds Trace_Check_QA/; without it the released files are downloaded
MIRROR ?= $(TRACEKD_MIRROR)
# tests of one file share what they have made; the slowest are named
WORKERS = --numprocesses auto --dist loadfile --no-loadscope-reorder --durations=30
REPLAY = --configfile config/replay.yaml $(if $(MIRROR),--config mirror=$(MIRROR))

.PHONY: demo replay base-models bench test test-fast test-envs test-slurm test-site lint docs latex reference clean

demo: .venv/ready
	$(RUN)

replay: .venv/ready
	$(RUN) $(REPLAY)

# speeds beside what others would run; with a mirror on real data, too (docs/performance.md)
bench: .venv/ready
	.venv/bin/python tests/benchmark/bench.py

# the kept base models of the demo, trained anew by today's recipe, and their tests
base-models: .venv/ready
	rm -rf resources/models
	$(RUN) keep_base_models --config run=base_models --forcerun build_base_model
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest tests/unit/test_kept_models.py -m "base_models or not base_models"

# coverage is that of the unit tests: watching every line makes whole runs and searches for counterexamples slower
test: .venv/ready
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest tests/unit $(WORKERS) --cov --cov-fail-under=90
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest tests --ignore tests/unit $(WORKERS)

# without whole runs, browsers, released files and whatever trains or draws
test-fast: .venv/ready
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest tests/unit $(WORKERS) -m "not slow"

# every environment built from its file alone, every rule run in its own
test-envs: .venv/ready
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest tests/envs -m envs -p no:xdist --durations=0

test-slurm: .venv/ready
	.venv/bin/python -m pytest tests/slurm -m slurm -p no:xdist --durations=0

# clusters with accounting, limits and preemption, and what goes wrong on them; most of it is waiting, so four at a time
test-site: .venv/ready
	.venv/bin/python -m pytest tests/site tests/workflow/test_cluster_generic.py -m site -n 4 --dist worksteal --durations=0

lint: .venv/ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	PYTHONPATH=scripts .venv/bin/lint-imports --no-cache
	.venv/bin/mypy
	.venv/bin/snakefmt --check Snakefile rules tests/slurm/Snakefile
	.venv/bin/codespell
	.venv/bin/python -m sphinx --quiet --fail-on-warning docs docs/_build/html
	.venv/bin/snakemake --lint
	.venv/bin/snakemake --lint --configfile config/replay.yaml

# the pages of docs/ as a site that works from disk
docs: .venv/ready
	.venv/bin/python -m sphinx --quiet docs docs/_build/html
	@echo "docs     docs/_build/html/index.html"

# the tables for a paper of every finished run, compiled and measured
latex: .venv/ready
	@PYTHONPATH=scripts .venv/bin/python -m tracekd.tables.compile

# schemas, and the pages of docs/ that are made of the code
reference: .venv/ready
	PYTHONPATH=scripts .venv/bin/python -m tracekd.reference.pages

clean:
	rm -rf results provenance figures logs benchmarks work .snakemake .tests ro-crate-metadata.json

.venv/ready: requirements.txt $(shell find plugins -name '*.py' -o -name '*.toml')
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Error: Python 3.11 or newer is needed; name one with PYTHON=...")'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --requirement requirements.txt
	touch $@
