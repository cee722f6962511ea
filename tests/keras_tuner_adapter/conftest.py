from __future__ import annotations

import pytest


@pytest.fixture
def keras_3_afterwards():
    """Binds KerasTuner to Keras 3 again, for the tests that follow in this process."""
    yield
    from tests.keras_tuner_adapter import stock_tuners
    from tuner_component.keras_tuner_adapter.legacy_keras import bind_keras

    bind_keras(stock_tuners.random_search)
