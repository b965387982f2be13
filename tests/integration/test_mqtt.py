"""Readings over real brokers: nothing confirmed is lost, nothing bad stops the rest."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.keys import mqtt_secret
from benchmarks import ingest
from benchmarks.ingest import World
from telemetry.credentials import GATEWAY, PLATFORM, password_of
from telemetry.decoding import encode
from telemetry.mqtt import Broker, Publisher, Subscriber
from telemetry.topics import READINGS, topic_of

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A private Mosquitto and a database with fifty sensors."""
    if ingest.MOSQUITTO is None:
        reason = "needs mosquitto (apt-get install mosquitto)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with ingest.world(sensors=50) as made:
        yield made


@pytest.mark.slow
def test_readings_survive_a_subscriber_that_is_killed_again_and_again(world: World) -> None:
    assert ingest.kill_and_count(world, "ours", messages=12_000, kills=4) == {
        "lost": 0, "invented": 0, "doubled": 0, "wrong": 0, "quarantined": 0,
    }  # fmt: skip


@pytest.mark.slow
def test_the_check_notices_a_subscriber_that_acknowledges_before_it_commits(world: World) -> None:
    assert ingest.kill_and_count(world, "early", messages=12_000, kills=4)["lost"] > 0


def eventually(what, patience: float = 30.0) -> None:
    until = time.monotonic() + patience
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_bad_payload_goes_into_quarantine_and_the_next_reading_is_stored(world: World) -> None:
    world.clear()
    process = ingest.wait_for_session(world, "ours", "poison")
    publisher = Publisher(Broker("127.0.0.1", world.port), "poisoner")
    assert publisher.start()
    try:
        for payload in (b"", b"\xff\x00", b"{}", b"x" * 100_000, encode(0, 1, _past(), 1.0)):
            publisher.publish(topic_of("INS-000001"), payload)
        publisher.publish(topic_of("NOBODY-1"), encode(0, 1, datetime.now(UTC), 1.0))
        publisher.publish(topic_of("INS-000001"), encode(0, 2, datetime.now(UTC), 2.5))
        eventually(lambda: world.query("select 1 from reading where seq = 2 and i_rms = 2.5"))
        reasons = dict(world.query("select reason, count(*) from reading_quarantine group by 1"))
        expected = {"json": 2, "schema": 1, "too_large": 1, "clock_skew": 1, "unknown_sensor": 1}
        assert reasons == expected
        assert process.poll() is None
    finally:
        publisher.stop()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def _past() -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC)


def listening(world: World, client_id: str) -> Subscriber:
    subscriber = Subscriber(Broker("127.0.0.1", world.port), client_id, READINGS)
    subscriber.start()
    eventually(lambda: subscriber.connected)
    time.sleep(0.3)  # the subscription follows the connection on the same socket
    return subscriber


def test_what_comes_while_nobody_listens_is_kept_for_the_same_client(world: World) -> None:
    listening(world, "away").stop()
    ingest.send_all(world, ingest.stream(500, 50))
    subscriber = listening(world, "away")
    taken = []
    eventually(lambda: taken.extend(subscriber.take(2000, 0.2)) or len(taken) >= 500)
    assert len({each.message.payload for each in taken}) == 500
    subscriber.stop()  # nothing was acknowledged: all of it comes again
    again = listening(world, "away")
    more = []
    eventually(lambda: more.extend(again.take(2000, 0.2)) or len(more) >= 500)
    again.acknowledge(more)
    time.sleep(0.5)
    again.stop()
    last = listening(world, "away")
    assert last.take(2000, 1.0) == []
    last.stop()


def test_an_exception_in_the_callback_does_not_end_the_network_thread(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber = listening(world, "fragile")
    kept, failed = subscriber._put, threading.Event()

    def breaks_once(delivery) -> None:
        if not failed.is_set():
            failed.set()
            raise ValueError("boom")
        kept(delivery)

    monkeypatch.setattr(subscriber, "_put", breaks_once)
    ingest.send_all(world, ingest.stream(2, 1))
    eventually(lambda: len(subscriber.take(10, 0.2)) == 1)
    assert failed.is_set()
    assert subscriber.alive
    subscriber.stop()


def test_the_watchdogs_remedy_makes_a_new_connection_and_loses_nothing(world: World) -> None:
    subscriber = listening(world, "watched")
    before = subscriber.connection
    ingest.send_all(world, ingest.stream(20, 1))
    eventually(lambda: subscriber._waiting.qsize() == 20)
    subscriber.reconnect()
    eventually(lambda: subscriber.connection > before)
    taken = []
    eventually(lambda: taken.extend(subscriber.take(100, 0.2)) or len(taken) >= 20)
    assert {each.connection for each in taken} == {subscriber.connection}
    subscriber.acknowledge(taken)
    subscriber.stop()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """The embedded broker as ``dayi broker`` runs it."""
    home, port = tmp_path_factory.mktemp("broker"), ingest.free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DAYI_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.command_line", "broker"],
        cwd=ROOT, env=environment | {"DAYI_HOME": str(home), "MQTT_PORT": str(port)},
    )  # fmt: skip
    try:
        probe = Publisher(account(home, port, GATEWAY), "probe")
        assert probe.start()
        probe.stop()
        yield home, port
    finally:
        process.terminate()
        assert process.wait(15) == 0
        shutil.rmtree(home, ignore_errors=True)


def account(home: Path, port: int, user: str, password: str | None = None) -> Broker:
    known = password_of(mqtt_secret(home), user)
    return Broker("127.0.0.1", port, user, known if password is None else password)


def test_the_embedded_broker_knows_its_sensors_by_their_passwords(embedded) -> None:
    for user, password, welcome in (
        ("INS-000001", None, True), ("INS-000001", "guess", False), ("", "", False),
    ):  # fmt: skip
        visitor = Publisher(account(*embedded, user, password), f"visitor-{user}-{password}")
        assert visitor.start(30 if welcome else 2) is welcome
        visitor.stop()


def test_a_sensor_of_the_embedded_broker_writes_its_own_topic_only(embedded) -> None:
    subscriber = Subscriber(account(*embedded, PLATFORM), "reader", READINGS)
    subscriber.start()
    eventually(lambda: subscriber.connected)
    time.sleep(0.5)
    sensor = Publisher(account(*embedded, "INS-000001"), "INS-000001")
    assert sensor.start()
    sensor.publish(topic_of("INS-000002"), b"forged")
    sensor.publish(topic_of("INS-000001"), b"own")
    taken = []
    eventually(lambda: taken.extend(subscriber.take(10, 0.2)) or taken)
    time.sleep(0.5)
    taken += subscriber.take(10, 0.2)
    assert [(each.message.topic, each.message.payload) for each in taken] == [
        (topic_of("INS-000001"), b"own")
    ]
    sensor.stop()
    subscriber.stop()


def test_a_sensor_of_the_embedded_broker_cannot_listen(embedded) -> None:
    spy = Subscriber(account(*embedded, "INS-000003"), "spy", READINGS)
    spy.start()
    eventually(lambda: spy.connected)
    time.sleep(0.5)
    sensor = Publisher(account(*embedded, "INS-000001"), "INS-000001")
    assert sensor.start()
    sensor.publish(topic_of("INS-000001"), b"secret")
    assert spy.take(10, 1.5) == []
    sensor.stop()
    spy.stop()
