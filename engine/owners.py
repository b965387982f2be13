"""Who holds a lease: a process of a machine, told apart from a later one with the same number."""

import os
import socket
from pathlib import Path


def myself() -> str:
    """Return this process' name as an owner: machine, process id, start (clock ticks)."""
    pid = os.getpid()
    return f"{_machine()}:{pid}:{_start_of(pid) or 0}"


def is_dead(owner: str) -> bool:
    """Tell whether an owner was a process of this machine that runs no more.

    False for owners on other machines and where the system does not tell: their lease decides.
    """
    machine, _, rest = owner.rpartition(":")[0].rpartition(":")
    start = owner.rpartition(":")[2]
    if machine != _machine() or not rest.isdigit() or start == "0":
        return False
    return _start_of(int(rest)) != start


def _machine() -> str:
    return socket.gethostname()[:30]


def _start_of(pid: int) -> str | None:
    """Return when a process started, in the kernel's own unit; None where there is none."""
    if not Path("/proc/self/stat").exists():
        return "0"
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()
    return None if state == "Z" else fields[18]
