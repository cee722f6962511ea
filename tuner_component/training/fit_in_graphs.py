"""Keras' own `fit`, with one graph for all steps of an epoch.

Keras asks a function of the model for as many steps as the model is to make at once.
Given one that makes all steps of an epoch, `fit` itself does the rest: the order of
the data, callbacks, validation, the history.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from typing_extensions import override

from tuner_component.training import (
    fit_steps,
    legacy_fit,
    progress_bar,
    reuse,
    row_graphs,
    support,
)
from tuner_component.training.epoch_graph import NoGraphError
from tuner_component.training.fit import first_line
from tuner_component.training.fit_steps import Steps
from tuner_component.training.iterator_graphs import (
    IteratorGraphs,
    batch_spec,
    check_spec,
)
from tuner_component.training.left_by_traces import without_variables
from tuner_component.training.model_variables import make_variables
from tuner_component.training.numbers import Numbers
from tuner_component.training.row_graphs import RowGraphs


def fit_in_graphs(model: Any, *, is_shared: bool) -> None:
    """Makes a model's `fit` run graphs wherever it can; otherwise it says why not.

    Args:
        model: A compiled Keras model.
        is_shared: Whether the graphs may be those of an earlier model of the same
            structure, which must not be used any more then.
    """
    own, signature = model.fit, inspect.signature(type(model).fit)
    kept: dict[Any, Any] | None = None if is_shared else {}
    is_legacy = legacy_fit.is_legacy(model)
    legacy = legacy_fit.LegacyFunctions(model) if is_legacy else None

    @functools.wraps(own)
    def fit(*args: Any, **kwargs: Any) -> Any:
        try:
            given = signature.bind(model, *args, **kwargs)
        except TypeError:
            return own(*args, **kwargs)  # It says whose arguments they are.
        given.apply_defaults()
        said = {name: given.arguments[name] for name in list(given.arguments)[1:]}
        try:
            train, test = _steps(model, said)
        except NoGraphError as error:
            support.fall_back(str(error))
            return own(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - `fit` raises what is wrong
            support.fall_back(first_line(error))
            return own(*args, **kwargs)
        if legacy is not None:
            with legacy.steps_at_once(max(train.number, test.number)):
                return own(*args, **kwargs)
        graphs = row_graphs.of(model, said, train.number, kept)
        if graphs is not None:
            given.arguments.update(graphs.data)
        functions = _Functions(model, train, test, graphs, kept)
        if said["verbose"] and train.may_end and said["steps_per_epoch"] is None:
            bar = progress_bar.counting(lambda: functions.num_steps["train"])
            given.arguments["callbacks"] = [*(said["callbacks"] or ()), bar]
        with functions:
            return own(*given.args[1:], **given.kwargs)

    # That of tf_keras says it in an attribute, with the `self` that is bound here.
    vars(fit)["__signature__"] = inspect.signature(own)
    # Not by assignment: Keras would look for layers in it.
    vars(model)["fit"] = fit


def _steps(model: Any, said: Mapping[str, Any]) -> tuple[Steps, Steps]:
    """Returns those of an epoch and of a validation.

    Raises:
        NoGraphError: If graphs cannot do what `fit` is told.
    """
    import tensorflow as tf

    callbacks = said["callbacks"] or ()
    if not isinstance(callbacks, list | tuple):
        raise NoGraphError("its callbacks are no list")
    callbacks = tf.nest.flatten(callbacks)  # Keras takes lists within the list.
    is_legacy = legacy_fit.is_legacy(model)
    reason = (
        legacy_fit.why_not(model, callbacks)
        if is_legacy
        else support.why_not(model, (), callbacks)
    )
    if reason:
        raise NoGraphError(reason)
    train, test = fit_steps.of(said)
    if is_legacy and (train.may_end or test.may_end):
        raise NoGraphError("the length of its data is not known")
    return train, test


class _Functions(contextlib.AbstractContextManager[None]):
    """Puts a model's own functions of a step in place, for one `fit`."""

    def __init__(
        self,
        model: Any,
        train: Steps,
        test: Steps,
        graphs: RowGraphs | None,
        kept: dict[Any, Any] | None,
    ) -> None:
        self._model, self._kept = model, kept
        self._train_steps, self._test_steps = train.number, test.number
        self._may_end = {"train_step": train.may_end, "test_step": test.may_end}
        self._at_once = model.steps_per_execution
        self._evaluate, self._result = model.evaluate, model._get_metrics_result_or_logs
        self._train_on_batch = model.train_on_batch
        self._plain: dict[str, Callable[[Any], Any]] = {}
        self.num_steps = {"train": 0, "test": 0}
        self._logs: Any = None
        self._found: IteratorGraphs | RowGraphs | None = graphs

    @override
    def __enter__(self) -> None:
        model = self._model
        self._before = (model.train_function, model.test_function)
        model.steps_per_execution = self._train_steps
        model.train_function = self._train
        vars(model)["evaluate"] = self._evaluated
        vars(model)["train_on_batch"] = self._trained_on_batch
        vars(model)["_get_metrics_result_or_logs"] = self._reported

    @override
    def __exit__(self, *_: object) -> None:
        model = self._model
        for name in ("evaluate", "train_on_batch", "_get_metrics_result_or_logs"):
            del vars(model)[name]
        model.train_function, model.test_function = self._before
        model.steps_per_execution = self._at_once

    def _train(self, iterator: Any) -> Any:
        self._model.steps_per_execution = self._at_once
        # `fit` looks whether it is to stop after the first steps.
        steps = self._at_once if self._model.stop_training else self._train_steps
        return self._run("train", iterator, min(steps, self._train_steps))

    def _test(self, iterator: Any) -> Any:
        return self._run("test", iterator, self._test_steps)

    def _evaluated(self, *args: Any, **kwargs: Any) -> Any:
        """Validates; what else is evaluated meanwhile goes Keras' own way."""
        if not kwargs.get("_use_cached_eval_dataset"):
            return self._evaluated_by_keras(*args, **kwargs)
        model, before = self._model, self._model.test_function
        model._eval_epoch_iterator.steps_per_execution = self._test_steps
        model.test_function = self._test
        try:
            return self._evaluate(*args, **kwargs)
        finally:
            model.test_function = before

    def _evaluated_by_keras(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluates what a callback wants to know, perhaps within a validation."""
        model, logs = self._model, self._logs
        before = model.test_function
        model.test_function, self._logs = self._before[1], None
        try:
            return self._evaluate(*args, **kwargs)
        finally:
            self._before = (self._before[0], model.test_function)
            model.test_function, self._logs = before, logs

    def _trained_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """Trains on a batch of a callback's own, as Keras does."""
        model, logs = self._model, self._logs
        model.train_function, self._logs = self._before[0], None
        try:
            with self._one_step_at_once():
                return self._train_on_batch(*args, **kwargs)
        finally:
            self._before = (model.train_function, self._before[1])
            model.train_function, self._logs = self._train, logs

    def _run(self, kind: str, iterator: Any, steps: int) -> Any:
        import tensorflow as tf

        if kind not in self._plain:
            try:
                with without_variables(self._model):
                    graph = self._graph(f"{kind}_step", iterator)
            except Exception as error:  # noqa: BLE001 - Keras' own step says it
                support.fall_back(first_line(error))
                reuse.forget(self._found)
                with self._one_step_at_once():
                    self._plain[kind] = self._keras_function(kind)
            else:
                return self._all_at_once(kind, graph, iterator, steps)
        self._logs = logs = None
        self.num_steps[kind] = 0
        with self._one_step_at_once():
            try:
                for _ in range(steps):
                    logs = self._plain[kind](iterator)
                    self.num_steps[kind] += 1
            except tf.errors.OutOfRangeError:  # Keras sees none of the logs before.
                self._logs = None if logs is None else self._result(logs)
                raise
        return logs

    def _all_at_once(
        self, kind: str, graph: Callable[..., Any], iterator: Any, steps: int
    ) -> Any:
        import tensorflow as tf

        try:
            self._logs = graph(iterator, steps)
        except tf.errors.OutOfRangeError:
            if isinstance(self._found, IteratorGraphs):
                self.num_steps[kind], self._logs = self._found.until_end()
            raise
        return self._logs

    def _graph(self, step: str, iterator: Any) -> Callable[..., Any]:
        graphs = self._graphs(iterator)
        if isinstance(graphs, RowGraphs):
            return graphs.graph(step, iterator)
        return graphs.graph(step, iterator, may_end=self._may_end[step])

    @contextlib.contextmanager
    def _one_step_at_once(self) -> Iterator[None]:
        model = self._model
        at_once, model.steps_per_execution = model.steps_per_execution, 1
        try:
            yield
        finally:
            model.steps_per_execution = at_once

    def _graphs(self, iterator: Any) -> IteratorGraphs | RowGraphs:
        if self._found is None:
            check_spec(iterator.element_spec)
            model, spec = self._model, batch_spec(iterator.element_spec)
            if not model.built:
                make_variables(model, spec)
            make = functools.partial(IteratorGraphs, model)
            if self._kept is None:
                self._found = reuse.shared(model, None, spec, make)
            else:
                one = functools.partial(make, Numbers({}))
                self._found = reuse.of_one(self._kept, model, None, one)
        return self._found

    def _keras_function(self, kind: str) -> Callable[[Any], Any]:
        """Returns what makes one step."""
        model, name = self._model, f"{kind}_function"
        before = getattr(model, name)
        setattr(model, name, None)
        getattr(model, f"make_{name}")()
        made: Callable[[Any], Any] = getattr(model, name)
        setattr(model, name, before)
        return made

    def _reported(self, logs: Any) -> Any:
        """A shared graph counts in the metrics of the model that it was made of."""
        return self._result(logs) if self._logs is None else self._logs
