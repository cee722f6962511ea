"""How large an architecture may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tuner_component.errors import InfeasibleTrialError, SearchSpaceError
from tuner_component.nas.size import latency_seconds, num_flops


def limit(
    model: Any,
    *,
    max_parameters: int | None = None,
    max_flops: int | None = None,
    max_latency_seconds: float | None = None,
) -> Any:
    """Returns the model if it is small enough.

    Called at the end of `build_model`, it keeps larger models from being trained:
    their trials are `INFEASIBLE`, do not count, and others take their place. If no
    model is small enough, the step fails before the first trial.

    Args:
        model: A built Keras model.
        max_parameters: Weights at most.
        max_flops: At most so many floating-point operations for one example, see
            `num_flops`.
        max_latency_seconds: How long a prediction for one example may take on the
            host of the trial. It is measured, so it can differ from run to run.

    Raises:
        InfeasibleTrialError: If it is larger; says how large.
        SearchSpaceError: If a limit is no positive number.
    """
    checks: tuple[tuple[str, Any, Callable[[], float], str], ...] = (
        ("max_parameters", max_parameters, model.count_params, "{:,} parameters"),
        ("max_flops", max_flops, lambda: num_flops(model), "{:,} FLOPs"),
        (
            "max_latency_seconds",
            max_latency_seconds,
            lambda: latency_seconds(model),
            "a latency of {:.3g} s",
        ),
    )
    for name, most, measure, text in checks:
        if most is None:
            continue
        if isinstance(most, bool) or not isinstance(most, int | float) or most <= 0:
            raise SearchSpaceError(
                f"nas.limit received {name}={most!r}; expected a number above 0."
            )
        value = measure()
        if value > most:
            raise InfeasibleTrialError(
                f"The model has {text.format(value)}; {name}={most:,} allows less."
            )
    return model
