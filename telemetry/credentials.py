"""Who may speak to the broker: each sensor under its own code, with a password of its own.

Passwords are derived from one secret, so that nothing has to be kept for ten thousand sensors:
whoever installs a sensor writes its password into it, and a changed secret changes them all.
"""

import base64
import hmac
from hashlib import sha256

#: Listens to every sensor; writes nothing.
PLATFORM = "platform"
#: Speaks for every sensor: the simulator's account of the embedded broker.
GATEWAY = "gateway"


def password_of(secret: bytes, user: str) -> str:
    """Return the password of a broker user."""
    digest = hmac.digest(secret, f"mqtt {user}".encode(), sha256)
    return base64.b32encode(digest)[:26].decode().lower()


def is_right(secret: bytes, user: str, password: str) -> bool:
    """Compare a password without telling by the time how much of it was right."""
    return hmac.compare_digest(password_of(secret, user).encode(), password.encode())
