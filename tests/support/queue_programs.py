"""Programs of a PBS that there is not: jobs run at once on this very machine, as its commands say."""

from pathlib import Path

PROGRAMS = {
    # numbers jobs, and starts each in a session of its own
    "qsub": r"""
for script; do :; done
echo "$*" >> "$QUEUE/asked"
number=$(wc -l < "$QUEUE/asked")
export PBS_JOBID=$number.server
setsid sh -c '"$1"; touch "$2.ended"' job "$script" "$QUEUE/$number" > "$QUEUE/$number.out" 2>&1 < /dev/null &
echo $! > "$QUEUE/$number.pid"
echo "$number.server"
""",
    # as long as there is a file `silent`, it fails
    "qstat": r"""
test -e "$QUEUE/silent" && exit 1
echo "Job ID   Username"
for file in "$QUEUE"/*.pid; do
  number=$(basename "$file" .pid)
  test -e "$QUEUE/$number.ended" || echo "$number.server  $2"
done
true
""",
    "qdel": r"""
for number; do kill -KILL "-$(cat "$QUEUE/$number.pid")" && touch "$QUEUE/$number.ended"; done
""",
}


def write_programs(folder: Path) -> dict[str, str]:
    """Write the programs and the folder of their queue; give what they need of the environment."""
    for place in ("bin", "queue"):
        (folder / place).mkdir()
    for name, script in PROGRAMS.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh{script}")
        (folder / "bin" / name).chmod(0o755)
    return {"QUEUE": str(folder / "queue"), "PATH": f"{folder / 'bin'}"}
