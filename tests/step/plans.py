"""Plans of a search in a small space."""

from __future__ import annotations

import keras_tuner

from tuner_component.search import Search
from tuner_component.step.plan import plan_build_model


def config() -> dict:
    hp = keras_tuner.HyperParameters()
    hp.Int("units_1", 1, 4)
    hp.Int("units_2", 1, 4)
    return hp.get_config()


def plan(**options):
    return plan_build_model(
        Search(max_trials=50, **options), config(), ["val_loss", "loss"]
    )
