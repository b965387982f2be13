"""The same platform with RabbitMQ as its doorbell: ``BROKER_URL`` is all that changes."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from kombu import Connection

from app.demo_chain import BookingDemo
from tests.running import free_port, kept_running, prepared

SERVER = shutil.which("rabbitmq-server", path=os.environ["PATH"] + ":/usr/sbin")

pytestmark = [pytest.mark.slow, pytest.mark.servers, pytest.mark.timeout(600)]


@pytest.fixture
def broker_url() -> Iterator[str]:
    """A private RabbitMQ on loopback, gone with the test."""
    if SERVER is None:
        reason = "needs rabbitmq-server (apt-get install rabbitmq-server)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="dayi-rabbitmq-"))
    port, distribution, names = free_port(), free_port(), free_port()
    environment = os.environ | {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"dayi{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    for name in ("data", "log"):
        (folder / name).mkdir()
    subprocess.run(["chown", "-R", "rabbitmq", str(folder)], check=False, capture_output=True)
    folder.chmod(0o755)
    with (folder.parent / f"{folder.name}.out").open("wb") as sink:
        # Debian's script changes to the user rabbitmq by itself where root starts it.
        server = subprocess.Popen(
            [SERVER], env=environment, stdout=sink, stderr=sink, start_new_session=True
        )
    url = f"amqp://guest:guest@127.0.0.1:{port}//"
    try:
        wait_for(url)
        yield url
    finally:
        stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and everything that its start script has started."""
    family = psutil.Process(server.pid).children(recursive=True)
    os.killpg(server.pid, signal.SIGTERM)
    for process in psutil.wait_procs(family, timeout=20)[1]:
        process.kill()
    server.wait(10)


def wait_for(url: str) -> None:
    until = time.monotonic() + 90
    while True:
        try:
            with Connection(url, connect_timeout=2) as connection:
                connection.connect()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            return


def quiet(fact: dict[str, object]) -> None:
    """Show nothing."""


def test_a_booking_goes_its_way_over_rabbitmq(broker_url: str) -> None:
    with prepared(broker_url) as running, kept_running(running):
        report = BookingDemo(running.base, quiet).run()
        assert report.ok, report
        messages = running.settings.home / "broker" / "messages"
        assert not messages.exists() or list(messages.iterdir()) == []
