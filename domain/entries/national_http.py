"""The national platform over HTTP: JSON out, a return code back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from marshmallow import EXCLUDE, Schema, ValidationError, fields

from domain.entries.errors import NationalUnavailable
from domain.entries.national import Answer

#: Seconds to wait for a connection and for an answer.
PATIENCE = 10.0


class _AnswerSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    code = fields.Integer(required=True, strict=True)
    message = fields.String(load_default="")


@dataclass(frozen=True)
class HttpNationalPlatform:
    """Speaks to the national platform at ``base``."""

    base: str

    def push(self, unit_code: str, kind: int, record: Mapping[str, Any], *, key: str) -> Answer:
        """Send a record; raises NationalUnavailable for silence, a fault, or nonsense."""
        body = {"insCode": unit_code, "instruType": kind, "json": record}
        try:
            answer = httpx.post(
                f"{self.base}/instruInfo",
                json=body,
                headers={"Idempotency-Key": key},
                timeout=PATIENCE,
            )
            answer.raise_for_status()
            found = _AnswerSchema().load(answer.json())
        except (httpx.HTTPError, ValueError, ValidationError) as error:
            raise NationalUnavailable(str(error)) from error
        return Answer(found["code"], found["message"])
