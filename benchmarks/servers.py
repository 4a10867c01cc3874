"""Servers on 127.0.0.1 under load from wrk, and their CPU time per request."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SECONDS = 2  # wrk counts whole seconds
TICKS = os.sysconf("SC_CLK_TCK")
PEERS = Path(os.environ.get("PEERS", ".venv-bench/bin"))


class Missing(Exception):
    """A measurement needs something that is not installed; the message names it."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass
class Server:
    """A running server: its process with all child processes, and its port."""

    process: subprocess.Popen
    port: int

    def pids(self) -> list[int]:
        """Return the processes of the server's session."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == self.process.pid:
                found.append(int(stat.parent.name))
        return found

    def cpu(self) -> float:
        """Return the CPU seconds of these processes."""
        total = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def memory(self) -> int:
        """Return the private bytes of the largest process."""
        sizes = []
        for pid in self.pids():
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            private = re.findall(r"^Private_\w+:\s+(\d+)", text, re.MULTILINE)
            sizes.append(sum(map(int, private)) * 1024)
        return max(sizes)

    def get(self, path: str, **headers: str) -> bytes:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.read()

    def microseconds(self, path: str, script: str = "", headers: Sequence[str] = ()) -> float:
        """Return the CPU time of a request under a load of concurrent connections."""
        command = ["wrk", "-t1", "-c64", f"-d{SECONDS}s", f"http://127.0.0.1:{self.port}{path}"]
        command += ["-s", script] if script else []
        for header in ("Accept-Encoding: gzip", *headers):
            command += ["-H", header]
        before = self.cpu()
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        spent = self.cpu() - before
        requests = int(re.search(r"(\d+) requests in", told)[1])
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
        if bad and "304" not in script:
            raise RuntimeError(f"{path}: {bad[1]} of {requests} requests failed")
        return spent / requests * 1e6


@contextmanager
def running(command: Sequence[str], folder: Path, ready: str = "/", **environment: str):
    """Yield a server whose command may contain {port}, after it responds at ``ready``."""
    port = free_port()
    process = subprocess.Popen(
        [part.replace("{port}", str(port)) for part in command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}:{Path.cwd()}", **environment},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Server(process, port)
    try:
        for _ in range(100):
            if process.poll() is not None:
                raise RuntimeError(f"did not start: {' '.join(command)}")
            try:
                server.get(ready)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def granian(target: str, workers: int = 1, interface: str = "wsgi") -> list[str]:
    own = (
        ["--loop", "uvloop", "--http", "1"] if interface == "rsgi" else ["--blocking-threads", "1"]
    )
    return [
        sys.executable, "-m", "granian", "--interface", interface, *own, "--host", "127.0.0.1",
        "--port", "{port}", "--workers", str(workers), "--log-level", "critical",
        "--no-access-log", target,
    ]  # fmt: skip


def program(name: str) -> str:
    for found in (PEERS / name, shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")):
        if found and Path(found).exists():
            return str(Path(found).absolute())
    raise Missing(f"{name} is not installed")
