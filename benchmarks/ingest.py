"""Readings from Mosquitto into PostgreSQL, acknowledged after their commit; and twenty kills.

    .venv/bin/dayi bench ingest --json

A private Mosquitto (QoS 1, sessions in memory), the embedded PostgreSQL with fsync, a publisher
that writes packets straight to its socket, and ``dayi subscriber`` as it ships, each a process of
its own. ``readings_per_s`` counts from the first packet to the moment when every reading can be
read from the table. ``lost`` counts readings that the broker had confirmed and that are not in
the table after the subscriber was killed (SIGKILL) twenty times on the way; ``lost_twin`` the same
for a subscriber that acknowledges before it commits. The peer commits every message by itself.
"""

import json
import logging
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from sqlalchemy import text
from sqlalchemy.orm import Session

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from app.database import Database, embedded, migrate  # noqa: E402
from domain.organisations.models import Unit  # noqa: E402
from engine.db import connect  # noqa: E402
from telemetry.decoding import encode  # noqa: E402
from telemetry.topics import topic_of  # noqa: E402

MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
SENSORS = 1000
#: Packets that the publisher lets wait for their confirmation.
WINDOW = 4000
#: A stored single-precision value may differ so much from what was sent.
_SAME_AMPS = 1e-3
CONFIGURATION = """
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_inflight_messages 4000
max_inflight_bytes 0
max_queued_messages 0
max_queued_bytes 0
"""
#: kind of subscriber → how it is started
KINDS = {
    "ours": ["-m", "app.command_line", "subscriber", "--no-states"],
    "early": [str(HERE / "ingest.py"), "--subscriber", "early"],
    "single": [str(HERE / "ingest.py"), "--subscriber", "single"],
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mosquitto() -> Iterator[int]:
    """Run a private broker on loopback; give its port."""
    if MOSQUITTO is None:
        raise click.ClickException("needs mosquitto (apt-get install mosquitto)")
    folder = Path(tempfile.mkdtemp(prefix="dayi-mosquitto-"))
    folder.chmod(0o755)
    port = free_port()
    (folder / "mosquitto.conf").write_text(CONFIGURATION.format(port=port))
    with (folder / "out").open("wb") as sink:
        server = subprocess.Popen(  # noqa: S603 - found on this machine
            [MOSQUITTO, "-c", str(folder / "mosquitto.conf")], stdout=sink, stderr=sink
        )
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < until, (folder / "out").read_text()
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class World:
    """A database with sensors, a broker, and where both are."""

    database: Database
    port: int
    folder: Path

    def query(self, statement: str, **values: object) -> list[tuple]:
        engine = connect(self.database.owner_url)
        with engine.connect() as connection:
            # The owner is under no policy but would be without rights to bypass them: it owns.
            found = [tuple(row) for row in connection.execute(text(statement), values)]
        engine.dispose()
        return found

    def count(self) -> int:
        return int(self.query("select count(*) from reading")[0][0])

    def clear(self) -> None:
        engine = connect(self.database.owner_url)
        with engine.begin() as connection:
            connection.execute(text("truncate reading, sensor_pulse, reading_quarantine"))
        engine.dispose()

    def subscriber(self, kind: str, client_id: str) -> subprocess.Popen[bytes]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DAYI_")} | {
            "DAYI_HOME": str(self.folder),
            "DATABASE_URL": self.database.owner_url,
            "APP_DATABASE_URL": self.database.app_url,
            "MQTT_URL": f"mqtt://127.0.0.1:{self.port}",
            "TZ": "Asia/Shanghai",
        }
        with (self.folder / f"{kind}.log").open("ab") as sink:
            return subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, *KINDS[kind], "--client-id", client_id],
                cwd=HERE.parent, env=environment, stdout=sink, stderr=sink,
            )  # fmt: skip


@contextmanager
def world(sensors: int = SENSORS) -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="dayi-ingest-"))
    folder.chmod(0o755)
    database = embedded(folder / "postgres")
    try:
        migrate(database)
        with mosquitto() as port:
            made = World(database, port, folder)
            _make_sensors(made, sensors)
            yield made
    finally:
        database.server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _make_sensors(made: World, count: int) -> None:
    engine = connect(made.database.owner_url)
    unit = Unit(
        uscc="12330000BENCH00001", code="0001", name_zh="测速单位", name_en="Bench",
        kind="institute", region="330106",
    )  # fmt: skip
    with Session(engine) as session, session.begin():
        session.add(unit)
        session.flush()
        connection = session.connection()
        connection.execute(
            text(
                "insert into sensor (public_id, code, vendor, model, ct_ratio, interval_seconds,"
                " active, created_at, created_by, unit_id, region_path)"
                " select gen_random_uuid(), 'INS-' || lpad(n::text, 6, '0'), '', '', 1, 10, true,"
                " now(), gen_random_uuid(), :unit, array['33'] from generate_series(1, :count) n"
            ),
            {"unit": unit.id, "count": count},
        )
    engine.dispose()


def code(number: int) -> str:
    return f"INS-{number + 1:06d}"


def _text(value: str) -> bytes:
    return struct.pack("!H", len(value)) + value.encode()


def _packet(kind: int, body: bytes) -> bytes:
    size, length = b"", len(body)
    while True:
        length, digit = divmod(length, 128)
        size += bytes([digit | (128 if length else 0)])
        if not length:
            return bytes([kind]) + size + body


class Publisher:
    """Writes MQTT 3.1.1 packets to a socket and counts the confirmations."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        hello = _text("MQTT") + bytes([4, 2]) + struct.pack("!H", 0) + _text(f"bench-{os.getpid()}")
        self.socket.sendall(_packet(0x10, hello))
        assert self.socket.recv(4)[3] == 0
        self.confirmed = self.sent = 0
        self._room = threading.Condition()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        rest = b""
        while data := self.socket.recv(65536):
            rest += data
            whole = len(rest) // 4  # a PUBACK is four bytes and nothing else comes
            rest = rest[whole * 4 :]
            with self._room:
                self.confirmed += whole
                self._room.notify()

    def publish(self, payloads: list[tuple[int, bytes]]) -> None:
        """Send (sensor number, payload) pairs, waiting where too many are unconfirmed."""
        packets = []
        for number, payload in payloads:
            self.sent += 1
            mid = struct.pack("!H", self.sent % 65535 + 1)
            packets.append(_packet(0x32, _text(topic_of(code(number))) + mid + payload))
        with self._room:
            self._room.wait_for(lambda: self.sent - self.confirmed < WINDOW, timeout=60)
        self.socket.sendall(b"".join(packets))

    def finish(self) -> None:
        with self._room:
            assert self._room.wait_for(lambda: self.confirmed >= self.sent, timeout=120)
        self.socket.shutdown(socket.SHUT_RDWR)
        self._listener.join(5)
        self.socket.close()


def stream(messages: int, sensors: int, first: int = 0) -> list[tuple[int, bytes]]:
    """Make readings of all sensors in turn, with times of the last seconds, encoded."""
    base = datetime.now(UTC) - timedelta(seconds=30)
    return [
        (n % sensors, encode(0, seq, base + timedelta(milliseconds=seq), amps_of(n % sensors, seq)))
        for n in range(messages)
        for seq in [first + n // sensors]
    ]


def amps_of(sensor: int, seq: int) -> float:
    return (sensor * 7 + seq * 13) % 1000 / 100


def wait_for_session(made: World, kind: str, client_id: str) -> subprocess.Popen[bytes]:
    """Start a subscriber and wait until its session has its subscription."""
    process = made.subscriber(kind, client_id)
    probe = Publisher(made.port)
    until, seq = time.monotonic() + 60, 1_000_000
    while not made.count():
        assert time.monotonic() < until, (made.folder / f"{kind}.log").read_text()
        assert process.poll() is None, (made.folder / f"{kind}.log").read_text()
        probe.publish([(0, encode(0, seq, datetime.now(UTC), 0.0))])
        seq += 1
        time.sleep(0.2)
    probe.finish()
    return process


def send_all(made: World, messages: list[tuple[int, bytes]], rate: float = 0.0) -> None:
    """Publish everything, as fast as it goes or at so many a second."""
    publisher, begun = Publisher(made.port), time.monotonic()
    for start in range(0, len(messages), 200):
        publisher.publish(messages[start : start + 200])
        if rate:
            time.sleep(max(0.0, begun + (start + 200) / rate - time.monotonic()))
    publisher.finish()


def settle(made: World, expected: int, patience: float) -> int:
    """Wait until so many readings of the stream are stored, or no more come; return how many."""
    found, last_change = -1, time.monotonic()
    while time.monotonic() - last_change < patience:
        now = made.query("select count(*) from reading where seq < 1000000")[0][0]
        if now != found:
            found, last_change = now, time.monotonic()
        if found >= expected:
            break
        time.sleep(0.1)
    return int(found)


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_rate(made: World, kind: str, messages: int) -> tuple[float, float]:
    """Return readings a second, and the subscriber's microseconds of processor a reading."""
    made.clear()
    process = wait_for_session(made, kind, f"rate-{kind}")
    sent = stream(messages, SENSORS)
    used = cpu_seconds(process)
    begun = time.perf_counter()
    sender = threading.Thread(target=send_all, args=(made, sent))
    sender.start()
    found = settle(made, messages, 30)
    seconds = time.perf_counter() - begun
    sender.join()
    used = cpu_seconds(process) - used
    process.kill()
    process.wait()
    assert found == messages, f"{found} of {messages} stored"
    return messages / seconds, used / messages * 1e6


def kill_and_count(
    made: World, kind: str, messages: int, kills: int, seed: int = 1
) -> dict[str, int]:
    """Kill a subscriber again and again while readings come; return what is missing or wrong."""
    made.clear()
    sensors = int(made.query("select count(*) from sensor")[0][0])
    chance = random.Random(seed)  # noqa: S311 - moments of kills, no secret
    client_id = f"kill-{kind}"
    process = wait_for_session(made, kind, client_id)
    sent = stream(messages, sensors)
    sender = threading.Thread(target=send_all, args=(made, sent, messages / (kills * 2.2)))
    sender.start()
    for done in range(kills):
        # Killed while it stores: not before it has taken something in since its start.
        before = made.count()
        until = time.monotonic() + 30
        while made.count() == before and sender.is_alive() and time.monotonic() < until:
            if process.poll() is not None:
                process = made.subscriber(kind, client_id)
            time.sleep(0.02)
        time.sleep(chance.uniform(0.0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process = made.subscriber(kind, client_id)
        if done == kills - 1:
            sender.join()
    settle(made, messages, 40)
    process.kill()
    process.wait()
    return verify(made, messages, sensors)


def verify(made: World, messages: int, sensors: int) -> dict[str, int]:
    """Compare every stored reading with what was sent."""
    rows = made.query(
        "select s.code, r.seq, r.i_rms from reading r join sensor s on s.id = r.sensor_id"
        " where r.seq < 1000000"
    )
    stored = {(name, seq): amps for name, seq, amps in rows}
    sent = {(code(n % sensors), n // sensors): amps_of(n % sensors, n // sensors)
            for n in range(messages)}  # fmt: skip
    wrong = sum(abs(stored[key] - amps) > _SAME_AMPS for key, amps in sent.items() if key in stored)
    quarantined = made.query("select coalesce(sum(times), 0) from reading_quarantine")[0][0]
    return {
        "lost": len(sent.keys() - stored.keys()),
        "invented": len(stored.keys() - sent.keys()),
        "doubled": len(rows) - len(stored),
        "wrong": wrong,
        "quarantined": int(quarantined),
    }


def run_subscriber(kind: str, client_id: str) -> None:
    """Run a wrong or slow variant of the subscriber: the twins that the measurement must tell."""
    from app import settings as setting_reader  # noqa: PLC0415
    from app import subscriber  # noqa: PLC0415
    from app.wiring import open_platform  # noqa: PLC0415
    from telemetry.mqtt import Broker, Delivery, Subscriber  # noqa: PLC0415
    from telemetry.topics import READINGS  # noqa: PLC0415

    class Early(subscriber.Listener):
        """Acknowledges first: what is in hand when it is killed is gone."""

        def _keep(self, batch: list[Delivery]) -> None:
            self.subscriber.acknowledge(batch)
            self.intake.store([delivery.message for delivery in batch])

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    if kind == "single":
        subscriber.MOST = 1
    settings = setting_reader.read()
    listening = Subscriber(Broker.at(settings.mqtt_url), client_id, READINGS)
    shape = Early if kind == "early" else subscriber.Listener
    shape(open_platform(settings), listening, states=False).run()


def measure(messages: int, kills: int) -> dict[str, float]:
    with world() as made:
        rates = sorted(measure_rate(made, "ours", messages) for _ in range(3))
        peer, _ = measure_rate(made, "single", max(1000, messages // 40))
        ours = kill_and_count(made, "ours", messages, kills)
        twin = kill_and_count(made, "early", messages, kills)
    return {
        "messages": messages,
        "readings_per_s": round(rates[1][0]),
        "readings_per_s_least": round(rates[0][0]),
        "subscriber_cpu_us": round(rates[1][1], 1),
        "load_average": os.getloadavg()[0],
        "readings_per_s_peer": round(peer),
        "readings_per_s_ratio": round(rates[1][0] / peer, 1),
        "kills": kills,
        **ours,
        "lost_twin": twin["lost"],
    }


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--messages", default=100_000)
@click.option("--kills", default=20)
@click.option("--subscriber", "kind", type=click.Choice(["early", "single"]), hidden=True)
@click.option("--client-id", default="", hidden=True)
def main(as_json: bool, messages: int, kills: int, kind: str | None, client_id: str) -> None:
    """Print the figures."""
    if kind is not None:
        run_subscriber(kind, client_id)
        return
    figures = measure(messages, kills)
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<24}{value}")


if __name__ == "__main__":
    main()
