"""The embedded doorbell: kombu's file-system transport, made safe against being killed.

The stock transport opens a message file and then writes it, so a reader may meet an empty file,
and a killed writer leaves one for ever; either ends the worker. Here a message appears whole or
not at all, what is damaged all the same is dropped (the sweeper rings again), and the table of
bindings, which is always the same, is not a file.
"""

import logging
import os
import uuid
from pathlib import Path
from time import monotonic_ns
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

log = logging.getLogger(__name__)

QUEUE = "dayi.jobs"
EXCHANGE = "dayi"
ADDRESS = "mailbox://localhost//"


class Channel(filesystem.Channel):
    """A folder of messages, each a file."""

    def get_table(self, exchange: str) -> list[Any]:
        """Return the bindings: one queue behind one exchange."""
        return [filesystem.exchange_queue_t(QUEUE, "", QUEUE)] if exchange == EXCHANGE else []

    def _queue_bind(self, *binding: Any) -> None:  # noqa: ANN401 - kombu's shape
        """Bind nothing: the table is fixed."""

    def _put(  # type: ignore[override]
        self,
        queue: str,
        payload: dict[str, Any],
        **kwargs: Any,  # noqa: ANN401, ARG002
    ) -> None:
        folder = Path(self.data_folder_out)
        name = f"{monotonic_ns() // 1_000_000}_{uuid.uuid4()}.{queue}.msg"
        draft = folder / f".{name}.part"
        draft.write_text(dumps(payload), "utf-8")
        os.replace(draft, folder / name)  # noqa: PTH105 - atomic, and says so

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ANN401, ARG002
        while True:
            try:
                return super()._get(queue)
            except ValueError:
                log.warning("a damaged message was dropped from %s", queue)


class Transport(filesystem.Transport):
    """kombu's transport over our channel."""

    Channel = Channel


TRANSPORT_ALIASES["mailbox"] = "engine.mailbox:Transport"
