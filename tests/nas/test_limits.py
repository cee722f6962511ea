from __future__ import annotations

import pytest

from tuner_component import nas
from tuner_component.errors import InfeasibleTrialError, SearchSpaceError


@pytest.fixture(scope="module")
def model():
    import keras

    image = keras.Input((8, 8, 3))
    tensor = keras.layers.Conv2D(4, 3, padding="same")(image)
    tensor = keras.layers.SeparableConv2D(6, 3, strides=2, padding="same")(tensor)
    tensor = keras.layers.BatchNormalization()(tensor)
    return keras.Model(image, keras.layers.Dense(5)(keras.layers.Flatten()(tensor)))


CONV = 2 * 3 * 3 * 3 * 4 * 64
SEPARABLE = 2 * 3 * 3 * 4 * 64 + 2 * 4 * 6 * 64
DENSE = 2 * 4 * 4 * 6 * 5


def test_the_arithmetic_is_that_of_matrices_and_kernels(model):
    """A separable convolution with strides counts as if it had none: at most that."""
    assert nas.num_flops(model) == CONV + SEPARABLE + DENSE


def test_tensorflow_counts_the_same_for_plain_layers():
    import keras
    import tensorflow as tf
    from tensorflow.python.profiler import model_analyzer, option_builder

    image = keras.Input((8, 8, 3))
    tensor = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)(image)
    tensor = keras.layers.Flatten()(tensor)
    model = keras.Model(image, keras.layers.Dense(5, use_bias=False)(tensor))
    run = tf.function(lambda given: model(given))
    graph = run.get_concrete_function(tf.TensorSpec((1, 8, 8, 3))).graph
    options = option_builder.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    counted = model_analyzer.profile(graph, options=options).total_float_ops
    assert nas.num_flops(model) == counted


def test_steps_of_sequences_count():
    import keras

    steps = keras.Input((7, 3))
    model = keras.Model(steps, keras.layers.GRU(4)(steps))
    # Kernel and recurrent kernel of three gates; the two rows of biases are no matter.
    assert nas.num_flops(model) >= 2 * 7 * (3 + 4) * 12


def test_a_small_model_passes(model):
    limits = {"max_parameters": 10_000, "max_flops": 10**6, "max_latency_seconds": 60}
    assert nas.limit(model, **limits) is model
    assert nas.limit(model) is model


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ({"max_parameters": 10}, r"has \d+ parameters; max_parameters=10 allows less"),
        ({"max_flops": 1000}, r"has [\d,]+ FLOPs; max_flops=1,000 allows less"),
        ({"max_latency_seconds": 1e-9}, r"has a latency of \S+ s; max_latency_sec"),
    ],
)
def test_a_larger_model_is_infeasible(model, limit, message):
    with pytest.raises(InfeasibleTrialError, match=message):
        nas.limit(model, **limit)


@pytest.mark.parametrize("value", [0, -1, True, "1"])
def test_impossible_limits_are_refused(model, value):
    with pytest.raises(SearchSpaceError, match="expected a number above 0"):
        nas.limit(model, max_parameters=value)
