"""A search by this package without a pipeline around it, in a folder that goes."""

from __future__ import annotations

import contextlib
import operator
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tuner_component import search_loop
from tuner_component.engines.base import Engine
from tuner_component.keras_tuner_adapter.space import from_keras_tuner
from tuner_component.space_discovery import discover
from tuner_component.strategies import registry
from tuner_component.study import Study, StudyLimits
from tuner_component.study.home import open_home
from tuner_component.trial import Objective


@contextlib.contextmanager
def started(
    strategy: tuple[str, Mapping[str, Any]],
    build_model: Callable[[Any], Any],
    objective: Objective,
    limits: StudyLimits,
) -> Iterator[Study]:
    """Opens a new study; it is gone afterwards.

    Args:
        strategy: Its name and options.
        build_model: hp -> model, of which the space is.
        objective: What decides.
        limits: The study's, and the strategy's seed.
    """
    name, options = strategy
    space = from_keras_tuner(discover(build_model).config)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_home(folder, {}, "never", operator.eq) as home,
    ):
        proposing = registry.create(name, space, limits.seed, dict(options))
        yield Study.open(home, proposing, objective, limits)


def run(study: Study, engine: Engine) -> None:
    """Searches until the study is done, without a word."""
    search_loop.run(study, engine, _Silent())


class _Silent:
    def on_event(self, study: Any, event: Any) -> None:
        pass

    def on_tick(self, study: Any) -> None:
        pass
