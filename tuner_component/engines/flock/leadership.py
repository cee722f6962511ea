"""The coordinator's rule: begins, shows signs of life, and is noticed to be over."""

from __future__ import annotations

import logging
import threading
import time

from tuner_component.engines.flock import layout
from tuner_component.engines.flock.layout import LEAD, MARK, Lead
from tuner_component.engines.flock.timing import Timing
from tuner_component.engines.storage.retries import RetryingStorage
from tuner_component.errors import EngineError

_logger = logging.getLogger(__name__)


class Leadership:
    """Rules from when it is made until it ends or another one takes over.

    A thread gives the signs of life: a strategy may think for long.

    Args:
        storage: The flock's.
        setup: What the workers read.
        timing: The flock's.

    Raises:
        EngineError: If another coordinator took over at the same instant.
        OSError: If the storage fails.
    """

    def __init__(self, storage: RetryingStorage, setup: bytes, timing: Timing) -> None:
        self._storage = storage
        self._timing = timing
        self._beat = -1
        self._over = threading.Event()
        self._successor: Lead | None = None
        self._failure: OSError | None = None
        self._signed_at = time.monotonic()
        self._confirmed_at = 0.0
        self.term = layout.new_term(storage.list(LEAD))
        storage.write(layout.setup_name(self.term), setup)
        self._confirm_now()
        self._require()
        outdated = layout.outdated_leads(storage.list(LEAD), self.term)
        storage.delete_all(outdated)
        self._give_sign()
        self._thread = threading.Thread(target=self._live, name="lead", daemon=True)
        self._thread.start()

    def confirm(self) -> None:
        """Makes sure that nobody has taken over, as of two beats ago at most.

        Raises:
            EngineError: If somebody has.
            OSError: If the storage fails, or has taken no sign of life for the time
                of a lease.
        """
        now = time.monotonic()
        if now - self._confirmed_at > 2 * self._timing.beat_seconds:
            self._confirm_now()
        self._require()
        failure = self._failure
        if failure is not None and now - self._signed_at > self._timing.lease_seconds:
            raise failure

    def end(self, *, study_has_ended: bool) -> None:
        """Stops the signs of life; safe to call twice.

        Args:
            study_has_ended: Tells the workers to leave; otherwise they wait for
                another coordinator.
        """
        if self._over.is_set():
            return
        self._over.set()
        self._thread.join()
        try:
            if study_has_ended and self._successor is None:
                self._storage.write(layout.ended_name(self.term), MARK)
            self._storage.delete(layout.lead_beat_name(self.term, self._beat))
        except OSError as error:
            _logger.warning(
                "%s cannot be written to: %s. The workers will leave by themselves.",
                *(self._storage.root, error),
            )

    def _live(self) -> None:
        while (
            not self._over.wait(self._timing.beat_seconds) and self._successor is None
        ):
            try:
                self._give_sign()
                self._confirm_now()
            except OSError as error:
                self._failure = error
                _logger.warning("No sign of life could be given: %s", error)

    def _give_sign(self) -> None:
        number = self._beat + 1
        self._storage.write(layout.lead_beat_name(self.term, number), MARK)
        self._beat = number
        self._signed_at, self._failure = time.monotonic(), None
        if number:
            self._storage.delete(layout.lead_beat_name(self.term, number - 1))

    def _confirm_now(self) -> None:
        looked_at = time.monotonic()
        lead = layout.read_lead(self._storage.list(LEAD))
        if lead is not None and lead.term > self.term:
            self._successor = lead
        self._confirmed_at = looked_at

    def _require(self) -> None:
        if self._successor is not None:
            raise EngineError(
                f"Another step has taken over the flock in {self._storage.root}: it is "
                f"coordinator {self._successor.term}, this one was {self.term}. This "
                "one ends; the study goes on there."
            )
