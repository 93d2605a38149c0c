#!/bin/sh
# properties = {properties}
# How the job has ended, for `tracekd.run.queue status`: PBS, LSF and Grid Engine each name its number in their own way.
number=${{PBS_JOBID:-${{LSB_JOBID:-$JOB_ID}}}}
trap 'echo $? > .snakemake/cluster/${{number%%[!0-9]*}}.exit' EXIT
{exec_job}
