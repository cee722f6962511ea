"""Messages between the driver, the fork server and the workers: strict JSON."""

from __future__ import annotations

import json
import threading
from multiprocessing.connection import Connection
from typing import Any

from tuner_component.records import encode


class Channel:
    """One end of a two-way stream of `(kind, body)` messages.

    Args:
        connection: Where the bytes go; the channel owns it.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._sending = threading.Lock()

    def send(self, kind: str, body: Any = None) -> None:
        """Sends one message; threads may do so at the same time.

        Raises:
            OSError: If the other end is gone.
            TypeError: If `body` is not JSON.
        """
        message = json.dumps([kind, encode(body)], allow_nan=False).encode()
        with self._sending:
            self.connection.send_bytes(message)

    def receive(self) -> tuple[str, Any]:
        """Blocks for the next message.

        Raises:
            EOFError: If the other end is gone, or sent what is no message.
        """
        try:
            kind, body = json.loads(self.connection.recv_bytes())
        except (OSError, ValueError, TypeError) as error:
            raise EOFError from error
        return kind, body

    def poll(self) -> bool:
        """Returns whether `receive` would return or raise at once."""
        return not self.connection.closed and self.connection.poll()

    def fileno(self) -> int:
        """Returns the file descriptor, for `multiprocessing.connection.wait`."""
        return self.connection.fileno()

    def close(self) -> None:
        """Closes this end; safe to call twice."""
        self.connection.close()
