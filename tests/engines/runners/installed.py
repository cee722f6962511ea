"""The runners that `.ci/make_runners` fetches; made once a machine."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]


@functools.cache
def runners() -> Path:
    """Returns the folder that holds prism, flink/*.jar and spark/*.jar."""
    made = subprocess.run(
        [str(_ROOT / ".ci" / "make_runners")],
        capture_output=True,
        text=True,
        timeout=900,
    )
    if made.returncode:
        raise RuntimeError(made.stderr)
    return Path(made.stdout.strip())
