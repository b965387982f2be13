"""Secrets that are made once and kept in DAYI_HOME: session key, checkpoint signing key,
the secret of the embedded MQTT broker.
"""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def kept(home: Path, name: str, make: bytes) -> bytes:
    """Return the secret called ``name``, writing ``make`` first if there is none yet.

    The file is created whole or not at all, so that two processes starting together agree.
    """
    file = home / "keys" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_bytes(make)
        draft.chmod(0o600)
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_bytes()


def checkpoint_key(home: Path) -> Ed25519PrivateKey:
    """Return the key that signs the history's checkpoints."""
    return Ed25519PrivateKey.from_private_bytes(kept(home, "checkpoint", secrets.token_bytes(32)))


def session_key(home: Path) -> str:
    """Return the key that signs web sessions."""
    return kept(home, "session", secrets.token_hex(32).encode()).decode()


def merchant_key(home: Path) -> Ed25519PrivateKey:
    """Return the key that signs what the platform asks of its payment provider."""
    return _signing_key(home, "payment-merchant")


def sandbox_key(home: Path) -> Ed25519PrivateKey:
    """Return the key of the payment sandbox that the platform starts in demo mode."""
    return _signing_key(home, "payment-sandbox")


def _signing_key(home: Path, name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(kept(home, name, secrets.token_bytes(32)))


def mqtt_secret(home: Path) -> bytes:
    """Return the secret from which the passwords of the embedded MQTT broker are derived."""
    return kept(home, "mqtt", secrets.token_bytes(32))
