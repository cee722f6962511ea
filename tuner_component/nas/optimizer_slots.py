"""What Keras' optimisers remember of each variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ADAM = {"_momentums": 1, "_velocities": 2, "_velocity_hats": 2}
_POWERS: Mapping[str, Mapping[str, int]] = {
    "SGD": {"momentums": 1},
    "Adam": _ADAM,
    "AdamW": _ADAM,
    "Nadam": _ADAM,
    "Adamax": {"_m": 1, "_u": 1},
    "Adagrad": {"_accumulators": 2},
    "Adadelta": {"_accumulated_grads": 2, "_accumulated_delta_vars": 0},
    "RMSprop": {"_velocities": 2, "_momentums": 0, "_average_gradients": 1},
    "Lion": {"_momentums": 1},
}
"""Slots by optimiser, and how they grow with the gradient."""


def powers(parent: Any, child: Any) -> dict[str, int]:
    """Returns the slots that a child's optimiser can take over; builds it.

    It counts its steps from 0. Adam's correction of a bias then is right for what is
    new, and makes the first steps of the rest small: a child is better than its parent
    sooner than with the parent's count (`tests/benchmarks/architectures/morphing.py`).
    None where the optimisers are of two kinds, the parent's has made no step, or the
    learning rate follows a schedule, which a child begins anew.

    Args:
        parent: The parent's model.
        child: The child's, built.
    """
    before: Any = getattr(parent, "optimizer", None)
    after: Any = getattr(child, "optimizer", None)
    if before is None or type(before) is not type(after):
        return {}
    if not hasattr(before, "build") or int(before.iterations.numpy()) == 0:
        return {}
    if any("Schedule" in str(type(_rate(each)).__mro__) for each in (before, after)):
        return {}
    after.build(child.trainable_variables)
    found = [_slots(model) for model in (parent, child)]
    shared = found[0].keys() & found[1].keys()
    known = _POWERS.get(type(before).__name__, {})
    return {name: power for name, power in known.items() if name in shared}


def slots(model: Any, names: Mapping[str, int]) -> dict[str, list[Any]]:
    """Returns the variables in slots, in the order of the trainable variables."""
    found = _slots(model)
    return {name: found[name] for name in names}


def _slots(model: Any) -> dict[str, list[Any]]:
    """Returns the slots that there is a variable in for each trainable one."""
    optimizer = getattr(model, "optimizer", None)
    known = _POWERS.get(type(optimizer).__name__, {})
    values = {name: list(getattr(optimizer, name, None) or ()) for name in known}
    count = len(model.trainable_variables)
    return {name: of for name, of in values.items() if len(of) == count}


def _rate(optimizer: Any) -> Any:
    return getattr(optimizer, "_learning_rate", None)
