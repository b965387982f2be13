"""Signatures of the payment protocol: Ed25519 over one canonical text, fresh and never twice.

The text is made of lines: protocol, kind of message, method, path, merchant, timestamp (Unix
seconds), nonce, and the SHA-256 of the body. An answer signs the nonce of its request and its
status code in place of the method, so that no answer fits another request.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.payments.errors import BadSignature

PROTOCOL = "dayi-pay-1"
#: Seconds by which the clocks of the two sides may differ.
FRESH_FOR = 300
MERCHANT, TIMESTAMP, NONCE, SIGNATURE = (
    "Pay-Merchant",
    "Pay-Timestamp",
    "Pay-Nonce",
    "Pay-Signature",
)
_LONGEST_NONCE = 64


@dataclass(frozen=True)
class Message:
    """What is signed: ``kind`` is request, answer or notice; ``method`` an answer's status code."""

    kind: str
    method: str
    path: str
    body: bytes


def headers(
    message: Message, key: Ed25519PrivateKey, *, merchant: str, at: float, nonce: str = ""
) -> dict[str, str]:
    """Sign a message at a Unix time; without ``nonce`` a new one is drawn."""
    nonce = nonce or secrets.token_hex(16)
    timestamp = str(int(at))
    signature = key.sign(_text(message, merchant, timestamp, nonce))
    return {
        MERCHANT: merchant,
        TIMESTAMP: timestamp,
        NONCE: nonce,
        SIGNATURE: base64.b64encode(signature).decode(),
    }


def verify(
    message: Message,
    found: Mapping[str, str],
    key: Ed25519PublicKey,
    *,
    merchant: str,
    at: float,
) -> str:
    """Return the nonce of a message that is signed, meant for this merchant and fresh.

    Whether the nonce was seen before is for the caller to ask. Raises BadSignature with reason
    ``missing``, ``wrong_merchant``, ``stale`` or ``signature``.
    """
    said = {name: found.get(name, "") for name in (MERCHANT, TIMESTAMP, NONCE, SIGNATURE)}
    if not all(said.values()) or len(said[NONCE]) > _LONGEST_NONCE:
        raise BadSignature("not signed", reason="missing")
    if said[MERCHANT] != merchant:
        raise BadSignature("for somebody else", reason="wrong_merchant")
    try:
        signature = base64.b64decode(said[SIGNATURE], validate=True)
        key.verify(signature, _text(message, merchant, said[TIMESTAMP], said[NONCE]))
    except (binascii.Error, InvalidSignature) as error:
        raise BadSignature("the signature does not fit", reason="signature") from error
    if not said[TIMESTAMP].isdigit() or abs(int(said[TIMESTAMP]) - at) > FRESH_FOR:
        raise BadSignature("too old or too new", reason="stale")
    return said[NONCE]


def _text(message: Message, merchant: str, timestamp: str, nonce: str) -> bytes:
    digest = hashlib.sha256(message.body).hexdigest()
    lines = (PROTOCOL, message.kind, message.method, message.path, merchant, timestamp, nonce)
    return "\n".join((*lines, digest)).encode()


def public_text(key: Ed25519PublicKey) -> str:
    """Write a public key as settings and files hold it (base64 of its 32 bytes)."""
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def public_key(text: str) -> Ed25519PublicKey:
    """Read a public key. Raises ValueError for anything but the base64 of 32 bytes."""
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.strip(), validate=True))
