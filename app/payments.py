"""The payment provider of this platform: the one that is named, or the sandbox of demo mode."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app import keys
from app.settings import SettingError, Settings
from domain.payments import provider, signing
from domain.payments.http_provider import HttpProvider, Keys

#: Where the provider's notices come in (web.payments).
NOTICES = "/api/v1/payments/notices"


def wire(settings: Settings) -> None:
    """Give this process its payment provider."""
    base = settings.payment_provider_url or (sandbox_url(settings) if settings.demo else "")
    if not base:
        provider.wire(None)
        return
    theirs = _provider_key(settings)
    ours = Keys(settings.payment_merchant, keys.merchant_key(settings.home), theirs)
    provider.wire(
        HttpProvider(base, ours),
        seal=provider.Seal(settings.payment_merchant, theirs),
        return_url=f"{settings.public_url}/orders/{{order}}",
    )


def sandbox_url(settings: Settings) -> str:
    """Return the address of the payment sandbox."""
    return f"http://127.0.0.1:{settings.sandbox_port}"


def _provider_key(settings: Settings) -> Ed25519PublicKey:
    if not settings.payment_provider_key:
        if settings.payment_provider_url:
            raise SettingError("PAYMENT_PROVIDER_KEY: the provider's public key is needed")
        return keys.sandbox_key(settings.home).public_key()
    try:
        return signing.public_key(settings.payment_provider_key)
    except ValueError as error:
        raise SettingError("PAYMENT_PROVIDER_KEY: not the base64 of 32 bytes") from error
