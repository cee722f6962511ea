"""Keeps what TensorFlow has prepared of a graph from one trial to the next.

Setting the global seed and beginning a new Keras session both drop every prepared
operation, so that random ones begin anew. The graphs that trials share are dropped
with them, and preparing those again takes longer than a small training. Keras 3 draws
its random numbers from seeds that are inputs; only operations that have their seed
within, such as those of `tf.random`, have anything to begin anew.
"""

from __future__ import annotations

import sys
import types
from typing import Any

_OF_DATA = "tensorflow.python.data.util.random_seed"
"""Asks for the seeds of `tf.data`, which are inputs."""
_has_random = False
"""Whether this process has made an operation with a seed within."""


def keep() -> None:
    """From now on, TensorFlow drops prepared operations only if one may be random."""
    from tensorflow.python.eager import context
    from tensorflow.python.framework import random_seed

    own = context.pywrap_tfe
    if isinstance(own, _Keeping):
        return
    context.pywrap_tfe = _Keeping(
        **{**vars(own), "TFE_ContextClearCaches": _dropping(own)}
    )
    random_seed.get_seed = _noting(random_seed.get_seed)


class _Keeping(types.SimpleNamespace):
    """TensorFlow's functions, but for the one that drops."""


def _dropping(own: Any) -> Any:
    def clear_caches(handle: Any) -> None:
        if _has_random:
            own.TFE_ContextClearCaches(handle)

    return clear_caches


def _noting(own: Any) -> Any:
    def get_seed(op_seed: int | None) -> Any:
        global _has_random
        if sys._getframe(1).f_globals.get("__name__") != _OF_DATA:
            _has_random = True
        return own(op_seed)

    return get_seed
