"""A driver to be killed: runs jobs that start processes and hang.

With `forked` as its second argument its fork server is a fork of itself.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from tests.contracts.engine_contract import make_job
from tuner_component.engines import driver_fork
from tuner_component.engines.local_pool import LocalPool

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if sys.argv[2:] == ["forked"]:
        importlib.import_module("tensorflow")
        assert driver_fork.is_safe()
    pool = LocalPool(
        2, "tests.contracts.evaluators:make", {}, log_folder=str(folder / "logs")
    )
    for number in range(2):
        pool.submit(make_job(folder, f"t{number}", do="family"))
    sys.stdout.write(f"{pool.session}\n")
    sys.stdout.flush()
    while pool.wait():
        pass
