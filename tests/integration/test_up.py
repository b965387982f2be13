"""``dayi up`` as its user meets it: start, stop, start again, and each way it can refuse."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
DAYI = [sys.executable, "-m", "app.command_line"]


def free_port() -> int:
    """Return a port that nobody listens on, nor on the next one (the payment sandbox's)."""
    while True:
        with socket.socket() as probe, socket.socket() as following:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
            try:
                following.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


class Running:
    """One ``dayi up`` and what it prints."""

    def __init__(self, home: Path, port: int, **more: str) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DAYI_")}
        environment |= {"DAYI_HOME": str(home), "PORT": str(port), "DAYI_MODE": "demo", **more}
        self.address = f"http://127.0.0.1:{port}"
        self.output = home.parent / f"{home.name}.{time.monotonic_ns()}.out"
        with self.output.open("w") as sink:
            self.process = subprocess.Popen(
                [*DAYI, "up"], cwd=ROOT, env=environment, stdout=sink, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self.begun = time.monotonic()

    def wait_for_address(self, within: float) -> float:
        """Return the seconds until the address was printed."""
        while time.monotonic() - self.begun < within:
            if self.address in self.output.read_text():
                return time.monotonic() - self.begun
            assert self.process.poll() is None, self.output.read_text()
            time.sleep(0.1)
        raise AssertionError(self.output.read_text())

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    tmp_path.chmod(0o755)
    folder = tmp_path / "home"
    yield folder
    for process in psutil.process_iter(["cmdline"]):
        # Only what was started on this very folder.
        if str(folder) in " ".join(process.info["cmdline"] or []):
            process.kill()


def belonging_to(home: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("DAYI_HOME") == str(home) and process.pid != os.getpid():
                found.append(" ".join(process.cmdline()))
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


def wait_for_telemetry(home: Path) -> None:
    """Wait for the parts that follow the pages: the subscriber has met the embedded broker."""
    logs, until = home / "logs", time.monotonic() + 120
    subscriber = logs / "subscriber.log"
    while not subscriber.exists() or "connected" not in subscriber.read_text():
        assert time.monotonic() < until, [log.read_text() for log in logs.glob("s*.log")]
        time.sleep(0.2)
    for name in ("broker", "subscriber", "simulator"):
        assert "Traceback" not in (logs / f"{name}.log").read_text()


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.timeout(900)
def test_the_platform_starts_stops_and_finds_its_data_again(home: Path) -> None:
    port = free_port()
    first = Running(home, port)
    first.wait_for_address(240)
    assert httpx.get(f"{first.address}/health").status_code == 200
    found = httpx.get(f"{first.address}/instruments").text
    second_on_same_folder = subprocess.run(
        [*DAYI, "up"], cwd=ROOT, check=False, capture_output=True, text=True,
        env={**os.environ, "DAYI_HOME": str(home), "PORT": str(free_port()), "DAYI_MODE": "demo"},
    )  # fmt: skip
    assert second_on_same_folder.returncode == 1
    assert "DAYI_HOME" in second_on_same_folder.stderr
    assert len(second_on_same_folder.stderr.strip().splitlines()) == 1

    wait_for_telemetry(home)
    assert first.interrupt() == 0
    assert belonging_to(home) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{first.address}/health")

    again = Running(home, port)
    again.wait_for_address(120)
    assert httpx.get(f"{again.address}/instruments").text.count("/instruments/") == found.count(
        "/instruments/"
    )
    assert again.interrupt() == 0


@pytest.mark.servers
def test_a_port_in_use_gets_one_clear_sentence(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(
            [*DAYI, "up"], cwd=ROOT, check=False, capture_output=True, text=True,
            env={**os.environ, "DAYI_HOME": str(home), "PORT": str(port)},
        )  # fmt: skip
    assert done.returncode == 1
    assert f"端口 {port} 已被占用" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.servers
def test_a_port_that_the_payment_sandbox_cannot_have_gets_one_clear_sentence(home: Path) -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + 1))
        other.listen()
        done = subprocess.run(
            [*DAYI, "up"], cwd=ROOT, check=False, capture_output=True, text=True,
            env={**os.environ, "DAYI_HOME": str(home), "PORT": str(port), "DAYI_MODE": "demo"},
        )  # fmt: skip
    assert done.returncode == 1
    assert f"支付沙箱的端口 {port + 1} 已被占用" in done.stderr
    assert "PAYMENT_PROVIDER_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_setting_that_cannot_be_used_is_named(home: Path) -> None:
    wrong = {"PORT": "http", "DAYI_MODE": "test", "DAYI_HOMES": "x", "PAYMENT_PROVIDER_URL": "x"}
    for name, value in wrong.items():
        done = subprocess.run(
            [*DAYI, "up"], cwd=ROOT, check=False, capture_output=True, text=True,
            env={**os.environ, "DAYI_HOME": str(home), name: value},
        )  # fmt: skip
        assert done.returncode == 1
        assert name in done.stderr
        assert "Traceback" not in done.stderr


def test_make_names_a_missing_tool(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for tool in ("bash", "make", "mkdir", "touch", "find", "grep", "env"):
        found = subprocess.run(["which", tool], check=True, capture_output=True, text=True)
        (tmp_path / "bin" / tool).symlink_to(found.stdout.strip())
    done = subprocess.run(
        ["make", "-f", str(ROOT / "Makefile"), ".stamps/tools-seen"],
        cwd=tmp_path, check=False, capture_output=True, text=True,
        env={"PATH": str(tmp_path / "bin")},
    )  # fmt: skip
    assert done.returncode != 0
    assert "缺少 Python 3.11" in done.stdout
