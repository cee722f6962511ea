"""What making a graph leaves in a model when it fails."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any


@contextlib.contextmanager
def without_variables(model: Any) -> Iterator[None]:
    """Takes from a model, if there is an error, the variables that were made inside.

    A step of the user's own may make some when it first runs. Nobody has given them
    values then, and the step that Keras runs instead would find them there.
    """
    things = [model, *model._flatten_layers(include_self=False)]
    before = [(thing, dict(vars(thing))) for thing in things]
    try:
        yield
    except BaseException:
        for thing, held in before:
            _restore(thing, held)
        raise


def _restore(thing: Any, held: Mapping[str, Any]) -> None:
    for name, value in list(vars(thing).items()):
        if held.get(name) is value or not _lacks_values(value):
            continue
        if name in held:
            setattr(thing, name, held[name])
        else:
            delattr(thing, name)


def _lacks_values(thing: Any) -> bool:
    import tensorflow as tf

    for each in tf.nest.flatten(thing):
        for variable in getattr(each, "variables", [each]):
            own = getattr(variable, "_value", variable)
            if isinstance(own, tf.Variable) and not own.is_initialized():
                return True
    return False
