"""Where TFX's example data is, for tests that need it."""

from __future__ import annotations

from pathlib import Path

import pytest

_TFX = Path(__file__).resolve().parents[3] / "shared" / "data" / "tfx"


def tfx_data(path: str) -> Path:
    """Returns a file or folder of TFX's data; skips the test where there is none."""
    if not _TFX.is_dir():
        pytest.skip("TFX's example data is not beside the repository")
    return _TFX / path
