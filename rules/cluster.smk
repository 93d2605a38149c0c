"""
Cluster: which jobs are submitted, for how much they ask, what must not be at work when the first one is, and what
the screen shows from then on. Included last.

in   all rules; the queue; the forecast and the times of earlier jobs
out  nothing: a run that would meet jobs of an earlier one ends with exit code 1, before anything is submitted
     the board of the run, for the logger plug-in (plugins/)
     .snakemake/locks/*.owner: whose Snakemake's locks are, for the next call if this one is killed
"""

import json
import os
import sys
from pathlib import Path

from snakemake.logging import logger

from tracekd.core.errors import TraceKDError
from tracekd.run import queue
from tracekd.run.forecast import DEVICE
from tracekd.run.site import ASKED
from tracekd.run.slurm import refuse_orphans, uses_slurm
from tracekd.workflow.cluster import Needs
from tracekd.workflow.directives import ask_by_need, describe_call
from tracekd.workflow.progress import make_board
from tracekd.workflow.start import claim_locks

# Everything else takes seconds or needs the network, which compute nodes often lack, and the keys of this shell: it
# runs beside `snakemake` itself. A profile submits such a rule all the same by giving it a group.
SUBMITTED = {
    "build_base_model",
    "generate",
    "intervene",
    "measure_answers",
    "preflight",
    "read_questions",
    "train_adapters",
}

NEEDS = Needs(RUN)
for one in workflow.rules:
    if one.name in DEVICE:
        ask_by_need(one, NEEDS)

workflow.localrules(*({rule.name for rule in workflow.rules} - SUBMITTED))


# not in dry runs, nor in the processes of submitted jobs
onstart:
    claim_locks(getattr(workflow.persistence, "_lockfile", {}).values())
    plugin = workflow.executor_plugin
    # jobs of profiles/cluster-generic are known by their own numbers
    counted = queue.__name__ in str(
        getattr(workflow.executor_settings, "submit_cmd", "")
    )
    remote = plugin.common_settings.non_local_exec and not counted
    try:
        queue.refuse_left(Path.cwd())
        if uses_slurm(plugin.name, remote=remote):
            refuse_orphans(Path.cwd())
    except TraceKDError as error:
        sys.exit(f"Error: {error}")
    if any(job.rule.name == "check_site" for job in workflow.dag.jobs):
        os.environ[ASKED] = json.dumps(describe_call(workflow, SUBMITTED, NEEDS))
    jobs = [(workflow.dag.jobid(job), job) for job in workflow.dag.needrun_jobs()]
    if len(jobs) > 1:
        logger.info("", extra={"board": make_board(RUN, jobs)})
