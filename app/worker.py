"""The worker's entry: ``celery -A app.worker worker``."""

from app import settings as setting_reader
from app.wiring import open_platform
from engine import tasks

_platform = open_platform(setting_reader.read())
tasks.configure(_platform.sessions)
app = tasks.make_app(_platform.settings.broker_url, _platform.settings.home / "broker")
