"""
What the other files of this folder use: the run, its wildcards, and the list of targets.

in   the merged configuration, and the registries and study that it names
out  RUN       the checked run (scripts/tracekd/workflow/run.py)
     TARGETS   what `rule all` makes; every rule file appends its own

A fault of the configuration ends here, in one sentence, before any job.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from tracekd.core.errors import TraceKDError
from tracekd.traces.build import ARMS, PROMPT_ONLY, TEACHER_ARMS
from tracekd.workflow import paths
from tracekd.workflow.directives import any_of, figure, growing, table, tables
from tracekd.workflow.run import read_run

try:
    RUN = read_run(config)
except TraceKDError as error:
    sys.exit(f"Error: {error}")

TARGETS = []
# rows, columns and panels of most tables and figures
GRID = RUN.settings("datasets", "models", "arms")
# family name of a model in the system message
PERSONA = lookup(within=RUN.personas, dpath="{model}")


wildcard_constraints:
    run=RUN.name,
    dataset=any_of(RUN.datasets),
    model=any_of(RUN.models),
    arm=any_of([*ARMS, *TEACHER_ARMS, PROMPT_ONLY]),
    seed=any_of(RUN.config["seeds"]),
    scorer=any_of(RUN.scorers),
