"""A process that begins a training as if it had run nothing before."""

from __future__ import annotations

import sys
from typing import Any

from tuner_component import kernel_cache


def seed(number: int) -> None:
    """Seeds Python, numpy, TensorFlow, Keras and tf_keras, and begins names anew."""
    import keras

    kernel_cache.keep()
    for library in ("keras", "tf_keras"):
        if library in sys.modules:
            _forget_names(sys.modules[library])
    keras.utils.set_random_seed(number)
    if "tf_keras" in sys.modules:
        legacy = sys.modules["tf_keras"]
        legacy.backend.experimental.enable_tf_random_generator()  # Else dropout hides.
        legacy.utils.set_random_seed(number)  # It may have a generator of its own.


def _forget_names(library: Any) -> None:
    """Starts layer names anew: they are part of metric names."""
    if library.__name__ == "keras" and hasattr(library, "utils"):
        library.utils.clear_session(free_memory=False)
    else:
        library.backend.clear_session()
