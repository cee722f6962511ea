from __future__ import annotations

import pytest

from tests.study.studies import Place


@pytest.fixture
def home(tmp_path):
    return Place(str(tmp_path / "study"))
