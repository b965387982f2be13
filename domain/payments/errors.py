"""What the payments room refuses; each code has its sentence in web.error_texts."""

from domain.errors import DomainError


class PaymentError(DomainError):
    """Root of what the payment rules refuse."""

    code = "payment_error"


class NoTariff(PaymentError):
    """No published price of this instrument applies to this tier on this day; params: tier, on."""

    code = "no_tariff"


class TariffRefused(PaymentError):
    """The price cannot be published; params: reason (overlap, past, empty, not_yours)."""

    code = "tariff_refused"


class OrderClosed(PaymentError):
    """The order no longer takes this step; params: status, reason."""

    code = "order_closed"


class AmountRefused(PaymentError):
    """The amount does not fit the order; params: reason, most_fen."""

    code = "amount_refused"


class ProviderUnavailable(PaymentError):
    """The payment provider does not answer, or none is set up."""

    code = "provider_unavailable"


class ProviderRefused(PaymentError):
    """The payment provider refuses a request; params: reason (the provider's own code)."""

    code = "provider_refused"


class BadSignature(PaymentError):
    """A message of the provider is not signed as agreed; params: reason."""

    code = "bad_signature"
