"""Snakemake that asks Slurm for the state of its jobs twice a second, so that a test need not wait.

Otherwise the first question comes after seconds and each later one 10 s later than the last, silence is said
after a minute, and a job without room waits for half a minute. The clock is all that differs: sbatch, squeue
and srun are those of the plain `snakemake`.
"""

import snakemake_executor_plugin_slurm_tracekd as plugin
from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

QUESTIONS_S = 0.5
plugin.PATIENCE_S, plugin.AGAIN_S = 3.0, 2.0

RemoteExecutor.next_seconds_between_status_checks = property(
    lambda self: QUESTIONS_S, lambda self, seconds: None
)

if __name__ == "__main__":
    main()
