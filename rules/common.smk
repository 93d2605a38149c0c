"""
What the other files of this folder use: the run, its wildcards, and the list of targets.

in   the merged configuration, and the registries and study that it names
out  RUN       the checked run (scripts/tracekd/workflow/run.py)
     TARGETS   what `rule all` makes; every rule file appends its own

A fault of the configuration ends here, in one sentence, before any job.
"""

import sys

from tracekd.core.errors import TraceKDError
from tracekd.traces.arms import ARMS
from tracekd.workflow import paths
from tracekd.workflow.directives import (
    any_of,
    describe_reported,
    figure,
    figures,
    find_reported,
    find_tables,
    growing,
    paper_tables,
    say_call,
    table,
    tables,
)
from tracekd.workflow.run import read_run

try:
    RUN = read_run(config)
except TraceKDError as error:
    sys.exit(f"Error: {error}")

TARGETS = []
# rows, columns and panels of most tables and figures
GRID = RUN.settings("datasets", "models", "arms")
# how a model is spoken to, and which of its layers carry an adapter
PERSONA = lookup(within=RUN.model_settings, dpath="{model}/persona")
TARGET_MODULES = lookup(within=RUN.model_settings, dpath="{model}/target_modules")


wildcard_constraints:
    run=RUN.name,
    dataset=any_of(RUN.datasets),
    model=any_of(RUN.models),
    arm=any_of(ARMS),
    seed=any_of(RUN.config["seeds"]),
    scorer=any_of(RUN.scorers),
