"""The embedded doorbell between processes that may be killed at any moment."""

import threading
from pathlib import Path

from celery import Celery
from kombu import Connection

from engine import tasks
from engine.mailbox import QUEUE
from engine.tasks import make_app


def messages(folder: Path) -> list[Path]:
    return sorted((folder / "messages").glob("*.msg"))


def ring(app: Celery, times: int) -> None:
    for number in range(times):
        app.send_task("dayi.run_job", (number,))


def drain(app: Celery) -> list[int]:
    found = []
    with app.connection_for_read() as connection, connection.channel() as channel:
        while message := channel.basic_get(QUEUE):
            found.append(message.payload[0][0])
            message.ack()
    return found


def test_what_is_rung_arrives_once(tmp_path: Path) -> None:
    app = make_app("", tmp_path)
    ring(app, 20)
    assert len(messages(tmp_path)) == 20
    assert sorted(drain(app)) == list(range(20))
    assert messages(tmp_path) == []


def test_the_bell_rings_from_every_thread(tmp_path: Path) -> None:
    """Web requests are served by threads in which Celery's current app is another one."""
    app = make_app("", tmp_path)
    ringer = threading.Thread(target=tasks.ring, args=([7, 8],))
    ringer.start()
    ringer.join()
    tasks.ring([9])
    assert sorted(drain(app)) == [7, 8, 9]


def test_a_half_written_message_is_dropped_and_the_rest_arrives(tmp_path: Path) -> None:
    app = make_app("", tmp_path)
    (tmp_path / "messages" / f"0_damaged.{QUEUE}.msg").write_bytes(b"")
    (tmp_path / "messages" / f"1_damaged.{QUEUE}.msg").write_bytes(b'{"body": "')
    ring(app, 3)
    assert sorted(drain(app)) == [0, 1, 2]


def test_a_reader_never_meets_a_message_in_the_making(tmp_path: Path) -> None:
    app = make_app("", tmp_path)
    writers = [threading.Thread(target=ring, args=(app, 50)) for _ in range(4)]
    for writer in writers:
        writer.start()
    found: list[int] = []
    while any(writer.is_alive() for writer in writers):
        found += drain(app)
    found += drain(app)
    assert len(found) == 200


def test_the_stock_transport_trips_over_a_half_written_message(tmp_path: Path) -> None:
    """The sabotage twin: the same damage ends a reader of kombu's own transport."""
    folder = tmp_path / "messages"
    folder.mkdir()
    (folder / f"0_damaged.{QUEUE}.msg").write_bytes(b"")
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
    tripped = False
    with Connection("filesystem://", transport_options=options) as stock:
        try:
            stock.channel().basic_get(QUEUE)
        except ValueError:
            tripped = True
    assert tripped
