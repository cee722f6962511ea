"""Keeps what TensorFlow has prepared of a graph from one trial to the next.

Setting the global seed and beginning a new Keras session both drop every prepared
operation, so that random ones begin anew. The graphs that trials share are dropped
with them, and preparing those again takes longer than a small training. Random
operations have the global seed in their key: under another seed they are new anyway.
"""

from __future__ import annotations

import contextlib
import functools
import types
from collections.abc import Iterator
from typing import Any

_seeds: set[int] = set()
"""Global seeds that this process has had."""


def kept_for(seed: int) -> contextlib.AbstractContextManager[None]:
    """Inside, `seed` becomes the global one; nothing is dropped if it is a new one."""
    if seed in _seeds:
        return contextlib.nullcontext()
    _seeds.add(seed)
    return kept()


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Inside, TensorFlow drops no prepared operation."""
    from tensorflow.python.eager import context

    own = context.pywrap_tfe
    context.pywrap_tfe = _dropping_nothing(own)
    try:
        yield
    finally:
        context.pywrap_tfe = own


@functools.cache
def _dropping_nothing(module: Any) -> Any:
    return types.SimpleNamespace(
        **{**vars(module), "TFE_ContextClearCaches": lambda _: None}
    )
