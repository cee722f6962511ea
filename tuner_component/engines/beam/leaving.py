"""Ends a worker process of Beam at once when it has nothing left to do.

Python takes apart every module that was imported, which takes a worker with Beam half
a second; a runner on one host waits for one worker after the other.
"""

from __future__ import annotations

import atexit
import functools
import logging
import os
import sys

_WORKER = "apache_beam.runners.worker.sdk_worker_main"


@functools.cache
def leave_quickly() -> None:
    """Makes this process, if Beam started it as a worker, end without taking apart.

    What was registered to run at exit later than this call still runs.
    """
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is not None and spec.name == _WORKER:
        atexit.register(_leave)


def _leave() -> None:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # Python keeps here what the worker raised.
    os._exit(hasattr(sys, "last_value"))
