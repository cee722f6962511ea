from __future__ import annotations

import json

import keras_tuner

from tuner_component.keras_tuner_adapter import bridge


def test_a_space_with_conditions_can_be_read_again_and_written():
    declared = keras_tuner.HyperParameters()
    declared.Choice("kind", ["plain", "deep"])
    with declared.conditional_scope("kind", ["deep"]):
        declared.Int("depth", 1, 3)
    config = declared.get_config()
    before = json.dumps(config)
    for _ in range(2):
        read = bridge.hyperparameters(config, {"kind": "deep", "depth": 2})
        assert read.get("depth") == 2
    assert json.dumps(config) == before
