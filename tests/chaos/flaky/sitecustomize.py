"""Gives Beam's workers a storage that fails 10 % of its operations."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def _is_beam_worker() -> bool:
    return "sdk_worker" in Path("/proc/self/cmdline").read_text()


if _is_beam_worker():
    from tests.engines.storages import Flaky
    from tuner_component.engines.beam import memo

    _open = memo.open_storage
    memo.open_storage = lambda root: Flaky(_open(root), 0.1, os.getpid())
    sys.stderr.write("The storage of this worker fails now and then.\n")
