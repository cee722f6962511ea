"""User code for the Chicago taxi trips: was the tip more than a fifth of the fare?

The features are those of TFX's template; model and training are `tabular`'s.
"""

import tensorflow as tf
import tensorflow_transform as tft
from tabular import (
    build_model,
    feature,
    filled,
    fit_args,
    run_fn,
    target,
    transformed_name,
)

__all__ = ["build_model", "fit_args", "preprocessing_fn", "run_fn"]

_NUMBERS = ("trip_miles", "fare", "trip_seconds")
_PLACES = (
    "pickup_latitude",
    "pickup_longitude",
    "dropoff_latitude",
    "dropoff_longitude",
)
_STRINGS = ("payment_type", "company")
_CODES = {
    "trip_start_hour": 24,
    "trip_start_day": 8,
    "trip_start_month": 13,
    "pickup_census_tract": 100,
    "dropoff_census_tract": 100,
    "pickup_community_area": 100,
    "dropoff_community_area": 100,
}
_NUM_BUCKETS = 10


def preprocessing_fn(inputs):
    """Scales amounts, cuts the map into strips, numbers names and codes."""
    outputs = {
        transformed_name(name): feature(inputs[name]) for name in _NUMBERS + _STRINGS
    }
    for name in _PLACES:
        outputs[transformed_name(name)] = tft.bucketize(
            filled(inputs[name], 0.0), _NUM_BUCKETS
        )
    for name, size in _CODES.items():
        code = tf.strings.as_string(filled(tf.cast(inputs[name], tf.int64), -1))
        outputs[transformed_name(name)] = tft.compute_and_apply_vocabulary(
            code, top_k=size, num_oov_buckets=1
        )
    fare = tf.cast(filled(inputs["fare"], 0), tf.float32)
    tips = tf.cast(filled(inputs["tips"], 0), tf.float32)
    generous = tf.where(tips > 0.2 * fare, "generous", "not generous")
    outputs[transformed_name("tips")] = target(generous, "classification")
    return outputs
