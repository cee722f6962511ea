"""A worker of a flock: `python -m tuner_component.worker --root URI`.

It may be started before, with or after the step that it works for, on any host that
can read and write the root. It opens no port. Start as many as you like: those that
find the study ended leave at once, so give each run of a step a root of its own.

Exit status: 0 when the study has ended, 1 with a message when it cannot work, 143
after SIGTERM.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence

from tuner_component.engines.flock.identity import role_of
from tuner_component.engines.flock.timing import Timing
from tuner_component.engines.flock.worker import FlockWorker
from tuner_component.engines.storage.objects import Storage, open_storage
from tuner_component.errors import EngineError
from tuner_component.training import GRAPH_FOLDER

_logger = logging.getLogger("tuner_component.worker")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a worker until its study has ended; returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        return run(open_storage(options.root), options)
    except (EngineError, ValueError) as error:
        _logger.error("%s", error)
        return 1


def run(storage: Storage, options: argparse.Namespace) -> int:
    """Serves the flock on a storage.

    Raises:
        EngineError: If it cannot work.
    """
    name = options.name or role_of(os.environ).name
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with _scratch() as scratch:
        if options.slots > 1:
            os.environ[GRAPH_FOLDER] = f"{scratch}/graphs"
        worker = FlockWorker(
            *(storage, name, options.slots),
            *(options.logs or scratch, options.patience, scratch),
        )
        _logger.info("%s looks for a study in %s.", worker.id, storage.root)
        _logger.info("%s leaves: %s", worker.id, worker.serve())
    return 0


@contextlib.contextmanager
def _scratch() -> Iterator[str]:
    """Makes a folder of the worker's own, which goes with it."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="tuner_worker_")
    except OSError as error:
        raise EngineError(
            f"{platform.node()} cannot make a folder for temporary files: {error}. "
            "Make room, or have TMPDIR name a folder that can be written to."
        ) from error
    with folder as scratch:
        yield scratch


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tuner_component.worker")
    parser.add_argument(
        "--root", required=True, help="folder that all hosts share: gs://bucket/flock"
    )
    parser.add_argument("--name", help="default: from CLUSTER_SPEC or Kubernetes")
    parser.add_argument("--slots", type=_count, default=1, help="trials at once")
    parser.add_argument(
        "--patience",
        type=float,
        default=Timing().patience_seconds,
        help="seconds to wait for the first coordinator",
    )
    parser.add_argument("--logs", help="local folder for the logs; default: none kept")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number, at least 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
