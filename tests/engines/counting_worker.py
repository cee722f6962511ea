"""A worker that leaves its number of storage operations: `--root`, `--logs`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.engines.storages import Counted
from tuner_component import worker
from tuner_component.engines.storage import objects


def main() -> int:
    made = []

    def open_counted(root: str) -> Counted:
        made.append(Counted(objects.open_storage(root)))
        return made[0]

    worker.open_storage = open_counted
    status = worker.main()
    logs = Path(sys.argv[sys.argv.index("--logs") + 1])
    (logs / "operations.json").write_text(json.dumps(made[0].counts))
    return status


if __name__ == "__main__":
    sys.exit(main())
