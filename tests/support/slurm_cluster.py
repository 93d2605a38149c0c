"""A real Slurm cluster of two nodes on this machine, for tests: munge, slurmctld and two slurmd.

All of its state lies in one folder, every port is on loopback, nothing outside is read or changed, and any
user may start it. The nodes claim more processors than there are, and two GPUs each that are none.
"""

import os
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
CLIENTS = ("srun", "sbatch", "squeue", "scancel", "scontrol", "sinfo", "sacct", "sacctmgr", "sshare")
NODES = ("n1", "n2")
NODE_MEMORY_MB = 16_000
START_S, STOP_S = 120.0, 120.0

SLURM_CONF = """\
ClusterName=toy
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.sock
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd-%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd-%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
SlurmdParameters=config_overrides
EnforcePartLimits=ALL
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobcomp.txt
MinJobAge=600
KillWait=2
OverTimeLimit=0
GresTypes=gpu
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{ports[2]}-{ports[3]}] CPUs=16 \
RealMemory={memory} Gres=gpu:toy:2 State=UNKNOWN
PartitionName=cpu Nodes=ALL Default=YES MaxTime=1:00:00 DefMemPerCPU=100 State=UP
PartitionName=gpu Nodes=ALL MaxTime=24:00:00 DefMemPerCPU=100 State=UP
"""

# one device file for each GPU; with a bare count the nodes are refused as invalid
GRES_CONF = """\
Name=gpu Type=toy File=/dev/null
Name=gpu Type=toy File=/dev/zero
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as squeue shows it; `comment` names rule and wildcards, `name` is the id of a Snakemake run."""

    id: str
    comment: str
    partition: str
    memory: str
    minutes: str
    gres: str
    state: str
    name: str
    folder: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster; `environment` is what a command needs to find it."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *command: str) -> str:
        """Run a Slurm command; a dead controller lets them hang, hence the timeout."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=True
        ).stdout

    def jobs(self, folder: Path, states: str = "all") -> list[Job]:
        """Jobs that were submitted from a folder, oldest first."""
        lines = self.run("squeue", "-h", "-t", states, "-o", "%F|%k|%P|%m|%l|%b|%T|%j|%Z").splitlines()
        jobs = [Job(*line.split("|")) for line in lines]
        return sorted((job for job in jobs if job.folder == str(folder)), key=lambda job: int(job.id))

    def stop(self) -> None:
        """End jobs and daemons, see that all are gone, remove the folder."""
        with suppress(subprocess.SubprocessError, TimeoutError):
            self.run("scancel", "-u", getuser())
            wait_until(lambda: not self.run("squeue", "-h"), STOP_S, "the end of all jobs")
        for pid_file in [*self.folder.glob("run/slurmd-*.pid"), self.folder / "run/slurmctld.pid",
                         self.folder / "run/munged.pid"]:  # fmt: skip
            end_daemon(pid_file)
        wait_until(lambda: not find_processes(self.folder), STOP_S, "the end of all processes of jobs")
        shutil.rmtree(self.folder)


def find_missing() -> list[str]:
    """Programs of a cluster that are not installed here."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    return [name for name in (*DAEMONS, "sbatch", "srun", "squeue") if shutil.which(name, path=path) is None]


def start(folder: Path) -> Cluster:
    """Start a cluster in a new folder; its path must be short, since sockets lie in it."""
    for name in ("state", "log", "run", "bin", "munge", *(f"spool/{node}" for node in NODES)):
        (folder / name).mkdir(parents=True)
    (folder / "munge").chmod(stat.S_IRWXU)
    (folder / "munge/key").write_bytes(os.urandom(128))
    (folder / "munge/key").chmod(stat.S_IRUSR)
    host = socket.gethostname().split(".")[0]
    (folder / "slurm.conf").write_text(
        SLURM_CONF.format(
            host=host, user=getuser(), folder=folder, ports=find_ports(4), memory=NODE_MEMORY_MB
        )
    )
    (folder / "gres.conf").write_text(GRES_CONF)
    (folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
    for name in CLIENTS:
        # SLURM_CONF alone does not reach the srun of a job: the plug-in drops it
        client = folder / "bin" / name
        client.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec /usr/bin/{name} "$@"\n')
        client.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM_", "SBATCH_"))}
    cluster = Cluster(folder, {**kept, "PATH": f"{folder}/bin:{kept['PATH']}:/usr/sbin:/sbin"})
    daemons = [
        ["munged", "--force", f"--key-file={folder}/munge/key", f"--socket={folder}/run/munge.sock",
         f"--pid-file={folder}/run/munged.pid", f"--log-file={folder}/log/munged.log",
         f"--seed-file={folder}/munge/seed", "--num-threads=2"],
        ["slurmctld", "-f", f"{folder}/slurm.conf"],
        *(["slurmd", "-N", node, "-f", f"{folder}/slurm.conf"] for node in NODES),
    ]  # fmt: skip
    try:
        for daemon in daemons:
            subprocess.run(daemon, env=cluster.environment, capture_output=True, timeout=START_S, check=True)
        probe = ("sinfo", "-h", "-N", "-p", "cpu", "-t", "idle", "-o", "%N")
        wait_until(lambda: len(cluster.run(*probe).split()) == len(NODES), START_S, "two idle nodes")
    except (subprocess.SubprocessError, TimeoutError) as error:
        logs = "\n".join(path.read_text()[-2000:] for path in sorted(folder.glob("log/*.log")))
        cluster.stop()
        raise RuntimeError(f"the cluster does not start: {error}\n{logs}") from error
    return cluster


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for a condition; TimeoutError that says what was waited for."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.1)


def find_ports(count: int) -> list[int]:
    """Consecutive ports of loopback that are free."""
    for first in range(26_800, 60_000, count):
        with suppress(OSError):
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return list(range(first, first + count))
    raise RuntimeError("no free ports")


def end_daemon(pid_file: Path) -> None:
    """End the process that a pid file names, and wait until it is gone."""
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text())
    with suppress(ProcessLookupError):
        os.kill(pid, 15)
    wait_until(lambda: not is_alive(pid), STOP_S, f"the end of {pid_file.stem}")


def find_processes(folder: Path) -> list[int]:
    """Processes that were started on the cluster, by its folder in their environment."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        # of another user, or gone
        with suppress(OSError):
            if f"{folder}/bin:".encode() in environment.read_bytes():
                found.append(int(environment.parent.name))
    return found


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
