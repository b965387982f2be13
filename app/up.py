"""``dayi up``: starts every part of the platform, watches over them, stops them together."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click
import httpx

from app import settings as setting_reader
from app.database import Database, migrate, open_database
from app.keys import mqtt_secret
from app.ports import CannotStart, require_free, with_free_mqtt_port
from app.settings import Settings
from telemetry.credentials import PLATFORM, password_of

#: Seconds a part may take to end by itself before it is killed, and to become ready.
GRACE = 10.0
READY_WITHIN = 60.0
#: A part that dies is started again after this many seconds, doubled at each death in a row.
RESTART_AFTER = 0.3
RESTART_AT_MOST = 10.0
STEADY_AFTER = 20.0
#: Seconds after the others at which the doubles start: nobody pays in the first moments.
LATER = 3.0


@dataclass
class Part:
    """One child process and what is known of it."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    restart_at: float = field(default=0.0)

    def start(self, environment: dict[str, str]) -> None:
        """Start the child in a session of its own, so that Ctrl-C reaches only the parent."""
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                self.command, stdout=sink, stderr=sink, env=environment, start_new_session=True
            )
        self.started = time.monotonic()

    def watch(self, environment: dict[str, str]) -> None:
        """Start the child again if it has died, later and later while it keeps dying."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            if now - self.started > STEADY_AFTER:
                self.deaths = 0
            return
        if self.process is not None:
            wait = min(RESTART_AFTER * 2**self.deaths, RESTART_AT_MOST)
            click.echo(
                f"  {self.name} 已停止（代码 {self.process.returncode}），{wait:.1f} 秒后重启，"
                f"日志 {self.log}"
            )
            self.process, self.restart_at, self.deaths = None, now + wait, self.deaths + 1
        if now >= self.restart_at:
            self.start(environment)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show one step of the start with its time."""
    click.echo(f"  … {title}", nl=False)
    begun = time.monotonic()
    yield
    click.echo(f"\r  ✓ {title}  {time.monotonic() - begun:.1f} s")


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the lock of a data folder: two platforms on one folder would fight over it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"数据目录 {home} 已有一个平台在运行；请设 DAYI_HOME 换一个目录。"
                f" / Another platform runs on {home}; set DAYI_HOME to use another folder."
            ) from None
        yield


def parts(settings: Settings) -> list[Part]:
    """Return the child processes of the platform."""
    logs = settings.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    python = sys.executable
    web = [
        python, "-m", "gunicorn", "app.wsgi:application()", "--bind", f"127.0.0.1:{settings.port}",
        "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "5",
        "--worker-tmp-dir", str(settings.home), "--access-logfile", "-",
        "--no-control-socket",
    ]  # fmt: skip
    worker = [
        python, "-m", "celery", "-A", "app.worker", "worker", "--pool", "threads",
        "--concurrency", "2", "--loglevel", "INFO", "--without-gossip", "--without-mingle",
        "--without-heartbeat",
    ]  # fmt: skip
    timers = [python, "-m", "app.command_line", "timers"]
    sandbox = [
        python, "-m", "gunicorn", "app.doubles.payment_provider:application()",
        "--bind", f"127.0.0.1:{settings.sandbox_port}", "--worker-class", "gthread",
        "--workers", "1", "--threads", "4", "--graceful-timeout", "2",
        "--worker-tmp-dir", str(settings.home), "--no-control-socket",
    ]  # fmt: skip
    national = [
        python, "-m", "gunicorn", "app.doubles.national_platform:application()",
        "--bind", f"127.0.0.1:{settings.national_port}", "--worker-class", "gthread",
        "--workers", "1", "--threads", "2", "--graceful-timeout", "2",
        "--worker-tmp-dir", str(settings.home), "--no-control-socket",
    ]  # fmt: skip
    return [
        Part("web", web, logs / "web.log"),
        Part("worker", worker, logs / "worker.log"),
        Part("timers", timers, logs / "timers.log"),
        *([_later("payments", sandbox, logs)] if settings.has_sandbox else []),
        *([_later("national", national, logs)] if settings.has_national_double else []),
    ]


def _later(name: str, command: list[str], logs: Path) -> Part:
    """Return a part that leaves the machine to the others while they start."""
    return Part(name, command, logs / f"{name}.log", restart_at=time.monotonic() + LATER)


def telemetry_parts(settings: Settings) -> list[Part]:
    """Return what takes readings in: started once the pages are there, which need none of it.

    The broker is embedded unless MQTT_URL names one; only a demo has simulated sensors.
    """
    names = ["subscriber"]
    if not settings.mqtt_url:
        names = ["broker", "subscriber", *(["simulator"] if settings.demo else [])]
    return [
        Part(
            name,
            [sys.executable, "-m", "app.command_line", name],
            settings.home / "logs" / f"{name}.log",
        )
        for name in names
    ]


def _mqtt_url(settings: Settings) -> str:
    password = password_of(mqtt_secret(settings.home), PLATFORM)
    return settings.mqtt_url or f"mqtt://{PLATFORM}:{password}@127.0.0.1:{settings.mqtt_port}"


def child_environment(settings: Settings, database: Database) -> dict[str, str]:
    """Return the environment that makes the children use this platform's database."""
    return os.environ | {
        "PORT": str(settings.port),
        "DAYI_HOME": str(settings.home),
        "DATABASE_URL": database.owner_url,
        "APP_DATABASE_URL": database.app_url,
        "MQTT_URL": _mqtt_url(settings),
        "MQTT_PORT": str(settings.mqtt_port),
        "TZ": "Asia/Shanghai",
        "PYTHONUNBUFFERED": "1",
    }


def wait_until_ready(settings: Settings, watch: Callable[[], None]) -> None:
    """Wait for /health to answer 200, keeping the parts alive meanwhile."""
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        watch()
        try:
            if httpx.get(f"http://127.0.0.1:{settings.port}/health", timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise CannotStart(
        f"平台在 {READY_WITHIN:.0f} 秒内没有就绪；请看 {settings.home / 'logs'}。"
        f" / The platform did not become ready; see {settings.home / 'logs'}."
    )


def stop_all(children: list[Part]) -> None:
    """End the children politely, then firmly."""
    alive = [p.process for p in children if p.process is not None and p.process.poll() is None]
    for process in alive:
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    for process in alive:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def run() -> None:
    """Start everything, print where it is, and stay until told to stop."""
    settings = with_free_mqtt_port(setting_reader.read())
    require_free(settings)
    with only_one(settings.home):
        _run(settings)


def _run(settings: Settings) -> None:
    from app.prepare import prepare  # noqa: PLC0415 - loads the engine: only once the port is ours

    click.echo("大仪 Dayi")
    with step("数据库 / database"):
        database = open_database(settings)
        migrate(database)
    prepare(settings, database, step)
    stopping: list[int] = []

    def on_signal(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stopping.append(signum)

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    children = parts(settings)
    environment = child_environment(settings, database)

    def watch() -> None:
        if stopping:
            raise KeyboardInterrupt
        for part in children:
            part.watch(environment)

    try:
        with step("网页、工作进程、定时器 / web, worker, timers"):
            wait_until_ready(settings, watch)
        children += telemetry_parts(settings)
        _welcome(settings)
        while True:
            watch()
            time.sleep(0.2)
    except KeyboardInterrupt:
        click.echo("\n正在停止… / stopping…")
    finally:
        stop_all(children)


def _welcome(settings: Settings) -> None:
    click.echo(f"\n  ➜ http://127.0.0.1:{settings.port}\n")
    if not settings.mqtt_url:
        click.echo(f"  MQTT 127.0.0.1:{settings.mqtt_port}\n")
    if not settings.demo:
        return
    from app.demo.accounts import ACCOUNTS, PASSWORD  # noqa: PLC0415 - demo mode only

    click.echo(f"  演示账号 / demo accounts (密码 / password: {PASSWORD})")
    for account in ACCOUNTS:
        if account.label is not None:
            click.echo(f"    {account.login:<12}{account.name}  {' / '.join(account.label)}")
    click.echo("\n  Ctrl-C 停止 / to stop")
