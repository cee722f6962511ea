"""Calls the user's `tuner_fn` so that the tuner it makes is ours to run.

KerasTuner's constructors read and delete files, and search for the space by
building models. In a process that is one of many on the same study none of that
may happen, whatever the user's arguments say.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tuner_component.errors import PreflightError
from tuner_component.keras_tuner_adapter import legacy_keras


class OwnedTuner(NamedTuple):
    """What a `tuner_fn` returned, checked.

    Attributes:
        tuner: A KerasTuner `BaseTuner`.
        fit_kwargs: Arguments for its `search`.
    """

    tuner: Any
    fit_kwargs: dict[str, Any]


def call_tuner_fn(
    tuner_fn: Callable[[Any], Any],
    fn_args: Any,
    directory: str,
    *,
    explore: bool,
    seed: int = 0,
) -> OwnedTuner:
    """Returns the tuner of a `tuner_fn`, tied to the study's folder.

    Args:
        tuner_fn: The user's function, as for the stock component.
        fn_args: What it is called with.
        directory: Takes the place of the tuner's `directory`.
        explore: Whether to build models to find the space; a worker, which gets
            the space from the driver, has no need to.
        seed: Seed of an oracle that was given none; 0 is a seed like any other.

    Raises:
        PreflightError: If it returns something else than a tuner with arguments, or
            needs a tf_keras that is not installed.
    """
    legacy_keras.bind_keras(tuner_fn)
    with _owned_constructors(directory, explore=explore, seed=seed):
        returned = tuner_fn(fn_args)
    tuner, fit_kwargs = _checked(returned)
    tuner.directory = directory
    tuner.oracle._set_project_dir(directory, tuner.project_name)
    return OwnedTuner(tuner, dict(fit_kwargs))


def _checked(returned: Any) -> tuple[Any, Mapping[str, Any]]:
    from keras_tuner.engine import base_tuner

    parts = returned
    if hasattr(returned, "tuner") and hasattr(returned, "fit_kwargs"):
        parts = (returned.tuner, returned.fit_kwargs)
    if not isinstance(parts, tuple) or len(parts) != 2:
        raise PreflightError(
            f"tuner_fn returned {returned!r} of type {type(returned).__name__}; "
            "expected TunerFnResult(tuner=..., fit_kwargs={...}). "
            "Is its `return` missing, or does it catch an error and go on?"
        )
    tuner, fit_kwargs = parts
    if not isinstance(tuner, base_tuner.BaseTuner):
        raise PreflightError(
            f"tuner_fn returned the tuner {tuner!r} of type {type(tuner).__name__}; "
            "expected an instance of keras_tuner.engine.base_tuner.BaseTuner, such as "
            "keras_tuner.RandomSearch(...)."
        )
    if fit_kwargs is None:
        fit_kwargs = {}
    if not isinstance(fit_kwargs, Mapping):
        raise PreflightError(
            f"tuner_fn returned fit_kwargs={fit_kwargs!r} of type "
            f"{type(fit_kwargs).__name__}; expected a dict of the arguments of "
            'tuner.search, such as {"x": train_dataset, "validation_data": ...}.'
        )
    return tuner, fit_kwargs


@contextlib.contextmanager
def _owned_constructors(directory: str, *, explore: bool, seed: int) -> Iterator[None]:
    import keras_tuner
    from keras_tuner.engine import base_tuner

    tuner_class, oracle_class = base_tuner.BaseTuner, keras_tuner.Oracle
    init_tuner, init_oracle = tuner_class.__init__, oracle_class.__init__
    tuner_class.__init__ = _owning(init_tuner, tuner_class, directory, explore=explore)
    oracle_class.__init__ = _seeding(init_oracle, seed)
    try:
        yield
    finally:
        tuner_class.__init__, oracle_class.__init__ = init_tuner, init_oracle


def _owning(
    init: Callable[..., None], tuner_class: Any, directory: str, *, explore: bool
) -> Callable[..., None]:
    def owned(self: Any, *args: Any, **kwargs: Any) -> None:
        given = inspect.signature(init).bind(self, *args, **kwargs)
        given.arguments.update(directory=directory, overwrite=False)
        # A file that cannot exist: KerasTuner would reload a stale project.
        self._get_tuner_fname = lambda: f"{directory}/\n"
        populate = type(self)._populate_initial_space
        if not explore and populate is tuner_class._populate_initial_space:
            self._populate_initial_space = lambda: _declare(self)
        try:
            init(*given.args, **given.kwargs)
        finally:
            vars(self).pop("_get_tuner_fname", None)
            vars(self).pop("_populate_initial_space", None)

    return owned


def _declare(tuner: Any) -> None:
    if tuner.hypermodel is not None:
        space = tuner.oracle.get_space()
        tuner.hypermodel.declare_hyperparameters(space)
        tuner.oracle.update_space(space)


def _seeding(init: Callable[..., None], seed: int) -> Callable[..., None]:
    def seeded(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        given = inspect.signature(init).bind(self, *args, **kwargs).arguments
        if not given.get("seed"):  # KerasTuner draws one at random, for 0 as well.
            self.seed = seed % 2**32 if given.get("seed") is None else 0
            self._seed_state = self.seed

    return seeded
