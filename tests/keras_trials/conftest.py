from __future__ import annotations

import numpy as np
import pytest

from tuner_component.data import Split


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype("float32")
    y = (x.sum(axis=1, keepdims=True) > 0).astype("int64")
    return Split(None, {"x": x, "__label__": y})
