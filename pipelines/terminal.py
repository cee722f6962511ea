"""What a terminal shows of a pipeline run: its steps, and errors."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from typing_extensions import override

_STARTED = "Component %s is running."
_CACHED = "A cached execution %d is used."


def quieten() -> None:
    """Keeps banners and warnings off the terminal; errors stay.

    Call it before TFX and TensorFlow are imported.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("PYTHONWARNINGS", "ignore")  # of pip and the workers
    warnings.simplefilter("ignore")
    logging.getLogger().setLevel(logging.ERROR)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


@contextlib.contextmanager
def only_python_prints(log_file: Path) -> Iterator[None]:
    """Sends what child processes and C++ code print to a file.

    TFX builds and installs wheels on the way, and their tools talk. What Python
    writes to `sys.stdout` and `sys.stderr` stays on the terminal.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(log_file.open("ab"))
        for name, descriptor in (("stdout", 1), ("stderr", 2)):
            stack.enter_context(_kept_on_terminal(name, descriptor, log.fileno()))
        yield


@contextlib.contextmanager
def _kept_on_terminal(name: str, descriptor: int, log: int) -> Iterator[None]:
    before = getattr(sys, name)
    before.flush()
    terminal = os.dup(descriptor)
    os.dup2(log, descriptor)
    stream = os.fdopen(terminal, "w", buffering=1, closefd=False)
    setattr(sys, name, stream)
    try:
        yield
    finally:
        stream.flush()
        setattr(sys, name, before)
        os.dup2(terminal, descriptor)
        os.close(terminal)


def show_steps(num_steps: int) -> None:
    """Shows a line for each step of a pipeline when it starts.

    Args:
        num_steps: How many the pipeline has.
    """
    from absl import logging as absl_logging

    absl_logging.set_verbosity(absl_logging.INFO)  # TensorFlow sets it back to this
    logger = absl_logging.get_absl_logger()
    logger.handlers = [_Steps(num_steps)]
    logger.propagate = False


class _Steps(logging.Handler):
    def __init__(self, num_steps: int) -> None:
        super().__init__()
        self.num_steps, self.num_started = num_steps, 0

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == _STARTED:
            self.num_started += 1
            say(f"{self.num_started}/{self.num_steps} {record.getMessage().split()[1]}")
        elif record.msg == _CACHED:
            say("    unchanged: the last run's result is used")
        elif record.levelno >= logging.ERROR:
            sys.stderr.write(f"{record.getMessage()}\n")


def say(line: str) -> None:
    """Writes a line to the terminal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
