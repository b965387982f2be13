"""The ports that ``make up`` needs: free before anything starts, one clear sentence where not."""

import os
import socket
from dataclasses import dataclass, replace

import click

from app.settings import Settings

_LAST_PORT = 65535
#: So far another copy of the platform should move, for each copy takes a few ports in a row.
_AWAY = 10


class CannotStart(click.ClickException):
    """The platform cannot start; the text is one sentence for the person who typed make up."""


@dataclass(frozen=True)
class Port:
    """A port that a part listens on; ``other`` is the setting that makes the part needless."""

    number: int
    zh: str
    en: str
    setting: str = "PORT"
    other: str = ""


def needed(settings: Settings) -> list[Port]:
    """Return the ports of all parts that these settings start."""
    ports = [Port(settings.port, "网页服务", "the web server")]
    if settings.has_sandbox:
        sandbox = ("支付沙箱", "the payment sandbox", "PORT", "PAYMENT_PROVIDER_URL")
        ports.append(Port(settings.sandbox_port, *sandbox))
    if settings.has_national_double:
        double = ("国家平台替身", "the national platform's double", "PORT", "NATIONAL_PLATFORM_URL")
        ports.append(Port(settings.national_port, *double))
    if not settings.mqtt_url:
        broker = ("MQTT 服务", "the MQTT broker", "MQTT_PORT", "MQTT_URL")
        ports.append(Port(settings.mqtt_port, *broker))
    return ports


def require_free(settings: Settings) -> None:
    """Refuse with one sentence where somebody else listens on a port; raises CannotStart."""
    for port in needed(settings):
        if port.number > _LAST_PORT or not _is_free(port.number):
            raise CannotStart(_sentence(port, settings))


def _sentence(port: Port, settings: Settings) -> str:
    base = settings.port if port.setting == "PORT" else port.number
    free = base + _AWAY if base + _AWAY < _LAST_PORT else base - _AWAY
    zh = f"，或设 {port.other} 使用别处的" if port.other else ""
    en = f", or set {port.other} to use another one" if port.other else ""
    return (
        f"{port.zh}的端口 {port.number} 已被占用；"
        f"换一个端口再试：{port.setting}={free} make up{zh}。"
        f" / Port {port.number}, which {port.en} needs, is in use; "
        f"try {port.setting}={free} make up{en}."
    )


def _is_free(number: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return False
    return True


def with_free_mqtt_port(settings: Settings) -> Settings:
    """Return the settings with a port that the embedded broker can have.

    A port that was asked for is kept; the default gives way where somebody listens on it.
    """
    if os.environ.get("MQTT_PORT") or settings.mqtt_url or _is_free(settings.mqtt_port):
        return settings
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return replace(settings, mqtt_port=int(probe.getsockname()[1]))
