"""A worker whose storage fails 10 % of its operations: `--root`, as the real one."""

from __future__ import annotations

import os
import sys

from tests.engines.storages import Flaky
from tuner_component import worker
from tuner_component.engines.storage import objects

if __name__ == "__main__":
    worker.open_storage = lambda root: Flaky(
        objects.open_storage(root), 0.1, os.getpid()
    )
    sys.exit(worker.main())
