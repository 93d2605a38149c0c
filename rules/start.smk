"""
Start: what must hold before Snakemake merges the configuration. Included first.

in   the folder of this call; config.yaml and the files of --configfile
out  nothing: a fault ends here, in one sentence
     PYTHONPATH of every job: this workflow's own package comes before any other of its name
     a closed terminal ends the call and its jobs
     locks of killed calls of this host, whose jobs have ended too, are freed (rules/cluster.smk claims them)
"""

import sys
from pathlib import Path

SCRIPTS = str(Path(workflow.basedir) / "scripts")
sys.path.insert(0, SCRIPTS)

from tracekd.core.errors import TraceKDError
from tracekd.workflow.start import (
    check_start,
    end_with_terminal,
    free_locks,
    put_first,
)

put_first(SCRIPTS)
end_with_terminal()
try:
    check_start(Path(workflow.basedir), workflow.configfiles)
    free_locks()
except TraceKDError as error:
    sys.exit(f"Error: {error}")
