"""One job and one run: what a script runs in, its record, its lease, and what a run will take."""
