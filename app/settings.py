"""Settings: read once from the environment, typed, in one table."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

#: name → what it means; docs/reference/settings.md is generated from this table.
SETTINGS = {
    "PORT": "port of the web server (default 8000)",
    "DAYI_HOME": "folder of the embedded data, keys and logs (default .dayi)",
    "DATABASE_URL": "PostgreSQL 15 or later, owner's login; empty: the embedded server",
    "APP_DATABASE_URL": "the application's own login; empty: role dayi_app is made by migrations",
    "BROKER_URL": "amqp://… for RabbitMQ; empty: a folder in DAYI_HOME",
    "MQTT_URL": "mqtt://user:password@host:1883 (mqtts for TLS); empty: an embedded broker",
    "MQTT_PORT": "port of the embedded MQTT broker (default PORT + 10000)",
    "DAYI_MODE": "demo (clock can be moved, demo accounts shown) or production (default)",
    "DAYI_SECRET_KEY": "signs sessions; empty: made once and kept in DAYI_HOME",
    "DAYI_PUBLIC_URL": "address under which people reach the platform (default "
    "http://127.0.0.1:PORT); the payment provider sends payers back there",
    "PAYMENT_PROVIDER_URL": "address of the payment provider (docs/payments.md); empty: in demo "
    "mode a sandbox on PORT+1, otherwise none",
    "PAYMENT_PROVIDER_KEY": "the provider's public key (Ed25519, base64); empty: the sandbox's",
    "PAYMENT_MERCHANT": "who the platform is to the payment provider (default dayi)",
    "NATIONAL_PLATFORM_URL": "address of the national platform; empty: in demo mode a double on "
    "PORT+2, otherwise none",
}


class SettingError(Exception):
    """A setting has a value that cannot be used; the text names it."""


@dataclass(frozen=True)
class Settings:
    """The platform's settings, as given or by default."""

    port: int
    home: Path
    database_url: str
    app_database_url: str
    broker_url: str
    mqtt_url: str
    mqtt_port: int
    demo: bool
    secret_key: str
    public_url: str = ""
    payment_provider_url: str = ""
    payment_provider_key: str = ""
    payment_merchant: str = "dayi"
    national_platform_url: str = ""
    has_national_double: bool = False

    @property
    def has_sandbox(self) -> bool:
        """Tell whether the platform starts a payment sandbox of its own, on the next port."""
        return self.demo and not self.payment_provider_url

    @property
    def national_port(self) -> int:
        """Return the port of the national platform's double."""
        return self.port + 2

    @property
    def sandbox_port(self) -> int:
        """Return the payment sandbox's port."""
        return self.port + 1

    @property
    def sandbox_books(self) -> Path:
        """Return the file in which the payment sandbox keeps its books."""
        return self.home / "payment-sandbox.sqlite"


_LAST_PORT = 65535
_MQTT_BESIDE = 10_000


def _port(name: str, value: str) -> int:
    if not value.isdigit() or not 0 < int(value) <= _LAST_PORT:
        raise SettingError(f"{name}={value!r}: a number from 1 to {_LAST_PORT} is needed")
    return int(value)


def _url(name: str) -> str:
    value = os.environ.get(name, "").rstrip("/")
    if value and urlsplit(value).scheme not in ("http", "https"):
        raise SettingError(f"{name}={value!r}: an address that begins with http:// is needed")
    return value


def _beside(port: int) -> int:
    return port + _MQTT_BESIDE if port + _MQTT_BESIDE <= _LAST_PORT else port - _MQTT_BESIDE


def read() -> Settings:
    """Read the settings from the environment.

    Raises SettingError for a value that cannot be used or an unknown ``DAYI_…`` variable.
    """
    unknown = sorted(n for n in os.environ if n.startswith("DAYI_") and n not in SETTINGS)
    if unknown:
        raise SettingError(f"unknown setting {', '.join(unknown)}")
    mode = os.environ.get("DAYI_MODE") or "production"
    if mode not in ("demo", "production"):
        raise SettingError(f"DAYI_MODE={mode!r}: demo or production is needed")
    port = _port("PORT", os.environ.get("PORT") or "8000")
    national = _url("NATIONAL_PLATFORM_URL")
    has_double = mode == "demo" and not national
    return Settings(
        port=port,
        home=Path(os.environ.get("DAYI_HOME") or ".dayi").resolve(),
        database_url=os.environ.get("DATABASE_URL", ""),
        app_database_url=os.environ.get("APP_DATABASE_URL", ""),
        broker_url=os.environ.get("BROKER_URL", ""),
        mqtt_url=os.environ.get("MQTT_URL", ""),
        mqtt_port=_port("MQTT_PORT", os.environ.get("MQTT_PORT") or str(_beside(port))),
        demo=mode == "demo",
        secret_key=os.environ.get("DAYI_SECRET_KEY", ""),
        public_url=_url("DAYI_PUBLIC_URL") or f"http://127.0.0.1:{port}",
        payment_provider_url=_url("PAYMENT_PROVIDER_URL"),
        payment_provider_key=os.environ.get("PAYMENT_PROVIDER_KEY", ""),
        payment_merchant=os.environ.get("PAYMENT_MERCHANT") or "dayi",
        national_platform_url=f"http://127.0.0.1:{port + 2}" if has_double else national,
        has_national_double=has_double,
    )
