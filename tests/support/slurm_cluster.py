"""A real Slurm cluster of two nodes on this machine, for tests: munge, slurmctld and two slurmd.

All of its state lies in one folder, every port is on loopback, nothing outside is read or changed, and any
user may start it. The nodes claim more processors than there are, and two GPUs each that are none.

With accounting it is a site of its own rules: slurmdbd and MariaDB, accounts and limits that are enforced,
partitions that take nodes from each other.
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
ACCOUNTING_DAEMONS = ("slurmdbd", "mariadbd", "mariadb-install-db", "mariadb")
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
{accounting}
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
NO_ACCOUNTING = "AccountingStorageType=accounting_storage/none"
ACCOUNTING = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={port}
AccountingStorageUser={user}
AccountingStoragePass={folder}/run/munge.sock
AccountingStorageTRES=gres/gpu
AccountingStorageEnforce=associations,limits,qos
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmdTimeout=10
PartitionName=ends Nodes=n1 MaxTime=1:00:00 DefMemPerCPU=100 PriorityTier=1 PreemptMode=CANCEL State=UP
PartitionName=waits Nodes=n1 MaxTime=1:00:00 DefMemPerCPU=100 PriorityTier=1 PreemptMode=REQUEUE State=UP
PartitionName=first Nodes=n1 MaxTime=1:00:00 DefMemPerCPU=100 PriorityTier=9 PreemptMode=OFF State=UP
PartitionName=ours Nodes=ALL MaxTime=1:00:00 DefMemPerCPU=100 AllowAccounts=lab State=UP"""
SLURMDBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.sock
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser={user}
PidFile={folder}/run/slurmdbd.pid
LogFile={folder}/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
CommunicationParameters=NoInAddrAny
"""
DATABASE = """\
create database slurm_acct_db;
create user slurm@localhost identified by 'slurm';
grant all on slurm_acct_db.* to slurm@localhost;
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

    def signal(self, daemon: str, number: int) -> None:
        """Send a signal to a daemon, by the name of its pid file."""
        os.kill(int((self.folder / f"run/{daemon}.pid").read_text()), number)

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
        # nodes first, and what others need last
        for name in (*(f"slurmd-{node}" for node in NODES), "slurmctld", "slurmdbd", "mariadb", "munged"):
            end_daemon(self.folder / f"run/{name}.pid")
        wait_until(lambda: not find_processes(self.folder), STOP_S, "the end of all processes of jobs")
        shutil.rmtree(self.folder)


def find_missing(*, accounting: bool = False) -> list[str]:
    """Programs of a cluster that are not installed here."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    needed = (*DAEMONS, "sbatch", "srun", "squeue", *(ACCOUNTING_DAEMONS if accounting else ()))
    return [name for name in needed if shutil.which(name, path=path) is None]


def start(folder: Path, *, accounting: bool = False) -> Cluster:
    """Start a cluster in a new folder; its path must be short, since sockets lie in it."""
    for name in ("state", "log", "run", "bin", "munge", *(f"spool/{node}" for node in NODES)):
        (folder / name).mkdir(parents=True)
    (folder / "munge").chmod(stat.S_IRWXU)
    (folder / "munge/key").write_bytes(os.urandom(128))
    (folder / "munge/key").chmod(stat.S_IRUSR)
    host = socket.gethostname().split(".")[0]
    *ports, dbd_port = find_ports(5)
    place = {"host": host, "user": getuser(), "folder": folder, "port": dbd_port}
    rules = (ACCOUNTING if accounting else NO_ACCOUNTING).format(**place)
    (folder / "slurm.conf").write_text(
        SLURM_CONF.format(**place, ports=ports, memory=NODE_MEMORY_MB, accounting=rules)
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
            if accounting and daemon[0] == "slurmctld":
                start_accounting(cluster, SLURMDBD_CONF.format(**place))
            subprocess.run(daemon, env=cluster.environment, capture_output=True, timeout=START_S, check=True)
        probe = ("sinfo", "-h", "-N", "-p", "cpu", "-t", "idle", "-o", "%N")
        wait_until(lambda: len(cluster.run(*probe).split()) == len(NODES), START_S, "two idle nodes")
    except (subprocess.SubprocessError, TimeoutError) as error:
        logs = "\n".join(path.read_text()[-2000:] for path in sorted(folder.glob("log/*.log")))
        cluster.stop()
        raise RuntimeError(f"the cluster does not start: {error}\n{logs}") from error
    return cluster


def start_accounting(cluster: Cluster, configuration: str) -> None:
    """Start MariaDB and slurmdbd, and give the user two accounts: `other` by default, and `lab`."""
    folder, user = cluster.folder, getuser()
    configured = folder / "slurmdbd.conf"
    configured.touch(mode=0o600)
    configured.write_text(configuration)
    place = ("--no-defaults", f"--user={user}", f"--datadir={folder}/db")
    install = ["mariadb-install-db", *place, "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(install, env=cluster.environment, capture_output=True, timeout=START_S, check=True)
    door = f"--socket={folder}/run/db.sock"
    log = f"--log-error={folder}/log/mariadb.log"
    subprocess.Popen(
        ["mariadbd", *place, door, f"--pid-file={folder}/run/mariadb.pid", log, "--skip-networking",
         "--innodb-buffer-pool-size=64M", "--innodb-lock-wait-timeout=900"],
        env=cluster.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_until((folder / "run/mariadb.pid").exists, START_S, "MariaDB")
    client = ["mariadb", "--no-defaults", door, "--user=root"]
    wait_until(lambda: answers(cluster, client, DATABASE), START_S, "the database")
    environment = {
        **cluster.environment,
        "MYSQL_UNIX_PORT": f"{folder}/run/db.sock",
        "SLURM_CONF": str(configured),
    }
    subprocess.run(["slurmdbd"], env=environment, capture_output=True, timeout=START_S, check=True)
    wait_until(lambda: answers(cluster, ["sacctmgr", "-n", "show", "cluster"]), START_S, "slurmdbd")
    for words in ("cluster toy", "account other", "account lab", f"user {user} account=other",
                  f"user {user} account=lab"):  # fmt: skip
        cluster.run("sacctmgr", "-i", "add", *words.split())


def answers(cluster: Cluster, command: list[str], words: str = "") -> bool:
    """Whether a command succeeds."""
    return not subprocess.run(
        command, env=cluster.environment, input=words, text=True, capture_output=True, timeout=60, check=False
    ).returncode


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for a condition; TimeoutError that says what was waited for."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.1)


def find_ports(count: int) -> list[int]:
    """Consecutive ports of loopback that are free; clusters that start at once look in different places."""
    for first in range(26_800 + os.getpid() % 1000 * count, 60_000, count):
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
