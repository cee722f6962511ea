"""Work that makes many objects and no garbage."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Pauses the search for garbage: in imports and long replays it finds none.

    It takes a fifth of the time of an import, and would take as long afterwards, when
    everything new is looked at. So it counts as old from then on.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():  # Else somebody wants theirs left alone.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
