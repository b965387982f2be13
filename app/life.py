"""What entries ask of the world outside: who hears sensors, and the national platform."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.settings import Settings
from domain.entries import national, signals
from domain.entries.national_http import HttpNationalPlatform
from engine.db import as_system
from telemetry.models import Reading, Sensor


class Telemetry:
    """Hears sensors by counting their stored readings."""

    def samples(self, session: Session, sensor: str, since: datetime, until: datetime) -> int:
        """Return how many readings a sensor sent in ``[since, until)``; 0 for an unknown one."""
        query = (
            select(func.count())
            .select_from(Reading)
            .join(Sensor, Sensor.id == Reading.sensor_id)
            .where(Sensor.code == sensor, Reading.ts >= since, Reading.ts < until)
        )
        with as_system(session):
            return session.scalar(query) or 0


def wire(settings: Settings) -> None:
    """Give entries of this process what lies outside of them."""
    signals.wire(Telemetry())
    base = settings.national_platform_url
    national.wire(HttpNationalPlatform(base) if base else None)
