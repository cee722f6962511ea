"""Work that makes many objects and no garbage."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Pauses the search for garbage: in imports and long replays it finds none.

    It takes a fifth of the time of an import, and would take as long afterwards, when
    everything new is looked at. So it counts as old from then on. Where hardly anything
    is new, nothing is done: to ask for what is frozen takes 50 ms in a fork that has
    frozen its libraries.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if _is_due() and not gc.get_freeze_count():
                # Else somebody wants theirs left alone.
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _is_due() -> bool:
    return gc.get_count()[0] > gc.get_threshold()[0]
