"""The TFX component: what a pipeline definition uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tfx import types
from tfx.components.util import udf_utils
from tfx.dsl.components.base import base_component, executor_spec
from tfx.proto import trainer_pb2, tuner_pb2
from tfx.types import component_spec, standard_artifacts, standard_component_specs
from tfx.utils import json_utils

from tuner_component import artifacts, executor
from tuner_component.search import Search
from tuner_component.step import prior_results as prior_inputs
from tuner_component.step.local_engine import from_tune_args
from tuner_component.step.plan import check_options
from tuner_component.vertex import custom_job, tuning_args


class TunerSpec(component_spec.ComponentSpec):
    """The stock Tuner's inputs, outputs and parameters, and ours beside them."""

    PARAMETERS = {  # noqa: RUF012 - TFX reads the plain attribute
        **standard_component_specs.TunerSpec.PARAMETERS,
        executor.SEARCH_KEY: component_spec.ExecutionParameter(type=str, optional=True),
        executor.LABEL_KEY: component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {  # noqa: RUF012 - TFX reads the plain attribute
        **standard_component_specs.TunerSpec.INPUTS,
        prior_inputs.RESULTS_KEY: component_spec.ChannelParameter(
            type=standard_artifacts.TunerResults, optional=True
        ),
        prior_inputs.TRIALS_KEY: component_spec.ChannelParameter(
            type=artifacts.TrialRecord, optional=True
        ),
    }
    OUTPUTS = {  # noqa: RUF012 - TFX reads the plain attribute
        **standard_component_specs.TunerSpec.OUTPUTS,
        executor.TRIAL_RECORD_KEY: component_spec.ChannelParameter(
            type=artifacts.TrialRecord
        ),
        executor.BEST_MODEL_KEY: component_spec.ChannelParameter(
            type=standard_artifacts.Model
        ),
        executor.REPORT_KEY: component_spec.ChannelParameter(
            type=artifacts.SearchReport
        ),
        executor.METRICS_KEY: component_spec.ChannelParameter(
            type=artifacts.SearchMetrics
        ),
    }


class Tuner(base_component.BaseComponent):
    """Searches hyperparameters; takes the place of `tfx.v1.components.Tuner`.

    The arguments, inputs and outputs of the stock component mean the same here; a
    module with `tuner_fn` runs unmodified. A module may have `build_model(hp)`
    instead, which returns a compiled Keras model or a scikit-learn estimator; the
    component reads the data.

    Component `outputs` contains:

     - `best_hyperparameters`: `HyperParameters`, for the Trainer.
     - `tuner_results`: `TunerResults`, the trials with a score in the stock form.
     - `trial_record`: `TrialRecord`, every trial with curves, errors and seeds.
     - `best_model`: `Model`, the best trial's model as it was trained.
     - `report`: `SearchReport`, the search as a page.
     - `metrics`: `SearchMetrics`, the best objective and the effort, as numbers.

    Args:
        examples: Channel of `Examples` to train and evaluate on.
        schema: Channel of a `Schema`, for examples that are not transformed.
        transform_graph: Channel of a `TransformGraph`, for transformed ones.
        base_model: Channel of a `Model`, handed to the module.
        module_file: Path of a Python file with `tuner_fn(fn_args)` or
            `build_model(hp)`. Exactly one of `module_file` and `tuner_fn`.
        tuner_fn: Python path of a `tuner_fn`.
        train_args: Splits to train on (default `train`); `num_steps`.
        eval_args: Splits to evaluate on (default `eval`); `num_steps`.
        tune_args: `num_parallel_trials`: trials at once, on every runner.
        custom_config: JSON-able settings for the module. With the keys of
            `tfx.extensions.google_cloud_ai_platform.Tuner` in it the step runs as a
            `CustomJob` of Vertex AI, with a replica for each trial at once.
        search: How to search; None leaves everything to the `tuner_fn`.
        label_key: The label's feature; needed with `build_model`.
        prior_results: Channel of `TunerResults` or `TrialRecord`, as a resolver finds
            them: a new study starts from these earlier results. It may hold several or,
            in a first run, none.

    Raises:
        ValueError: If the arguments contradict each other or are not JSON.
        TypeError: If one has the wrong type.
    """

    SPEC_CLASS = TunerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(  # noqa: PLR0913 - the stock component's arguments
        self,
        examples: types.BaseChannel,
        schema: types.BaseChannel | None = None,
        transform_graph: types.BaseChannel | None = None,
        base_model: types.BaseChannel | None = None,
        module_file: str | None = None,
        tuner_fn: str | None = None,
        train_args: trainer_pb2.TrainArgs | None = None,
        eval_args: trainer_pb2.EvalArgs | None = None,
        tune_args: tuner_pb2.TuneArgs | None = None,
        custom_config: dict[str, Any] | None = None,
        search: Search | None = None,
        label_key: str | None = None,
        prior_results: types.BaseChannel | None = None,
    ) -> None:
        if bool(module_file) == bool(tuner_fn):
            raise ValueError(
                f"module_file={module_file!r} and tuner_fn={tuner_fn!r}: expected "
                "exactly one of them."
            )
        if search is not None and not isinstance(search, Search):
            raise TypeError(
                f"search={search!r} is a {type(search).__name__}; expected a "
                "tuner_component.Search(...)."
            )
        if search is not None:
            check_options(search)
        _check_engine(search, custom_config)
        super().__init__(
            spec=TunerSpec(
                examples=examples,
                schema=schema,
                transform_graph=transform_graph,
                base_model=base_model,
                module_file=module_file,
                tuner_fn=tuner_fn,
                train_args=train_args or trainer_pb2.TrainArgs(),
                eval_args=eval_args or trainer_pb2.EvalArgs(),
                tune_args=tune_args,
                custom_config=_json("custom_config", custom_config),
                search=search.to_json() if search else None,
                label_key=label_key,
                **_prior_input(prior_results),
                best_hyperparameters=types.Channel(
                    type=standard_artifacts.HyperParameters
                ),
                tuner_results=types.Channel(type=standard_artifacts.TunerResults),
                trial_record=types.Channel(type=artifacts.TrialRecord),
                best_model=types.Channel(type=standard_artifacts.Model),
                report=types.Channel(type=artifacts.SearchReport),
                metrics=types.Channel(type=artifacts.SearchMetrics),
            ),
            custom_executor_spec=_executor_spec(search),
        )
        custom_job.check(custom_config, _num_trials(self.exec_properties))
        if udf_utils.should_package_user_modules():
            udf_utils.add_user_module_dependency(
                self,
                standard_component_specs.MODULE_FILE_KEY,
                standard_component_specs.MODULE_PATH_KEY,
            )

    def with_beam_pipeline_args(self, beam_pipeline_args: Iterable[Any]) -> Tuner:
        """Adds Beam options of this component only; returns the component.

        Raises:
            ValueError: If its trials do not run on Beam.
        """
        spec = self.executor_spec
        if not isinstance(spec, executor_spec.BeamExecutorSpec):
            raise ValueError(
                "with_beam_pipeline_args was called on a Tuner whose trials do not run "
                'on Beam. Use search=Search(engine="beam", ...).'
            )
        spec.add_beam_pipeline_args(beam_pipeline_args)
        return self


def _check_engine(search: Search | None, custom_config: dict[str, Any] | None) -> None:
    on_beam = search is not None and search.engine == "beam"
    if on_beam and tuning_args.is_asked_for(custom_config):
        raise ValueError(
            'Search(engine="beam") runs the trials on Beam, custom_config asks for a '
            "CustomJob of Vertex AI. Leave one of them out."
        )


def _num_trials(properties: Mapping[str, Any]) -> int | None:
    """Returns how many trials `tune_args` wants at once, where that is known now."""
    given = properties.get(standard_component_specs.TUNE_ARGS_KEY)
    return (from_tune_args(given) or None) if isinstance(given, str) else None


def _executor_spec(search: Search | None) -> executor_spec.ExecutorSpec | None:
    """Returns what takes Beam options where trials run on Beam, else nothing."""
    if search is None or search.engine != "beam":
        return None
    from tuner_component.beam_executor import BeamExecutor

    return executor_spec.BeamExecutorSpec(BeamExecutor)


def _prior_input(channel: types.BaseChannel | None) -> dict[str, types.BaseChannel]:
    """Returns the channel as the input of its type: an input has one type only."""
    if channel is None:
        return {}
    is_channel = isinstance(channel, types.BaseChannel)
    if not is_channel or channel.type_name not in _PRIORS:
        received = f"a channel of {channel.type_name}" if is_channel else repr(channel)
        raise TypeError(
            f"prior_results is {received}; expected a channel of TunerResults or of "
            "TrialRecord: the output tuner_results or trial_record of a Tuner, or "
            "what a Resolver makes of one."
        )
    return {_PRIORS[channel.type_name]: channel}


_PRIORS = {
    standard_artifacts.TunerResults.TYPE_NAME: prior_inputs.RESULTS_KEY,
    artifacts.TrialRecord.TYPE_NAME: prior_inputs.TRIALS_KEY,
}


def _json(name: str, value: Any) -> str:
    try:
        return str(json_utils.dumps(value))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name}={value!r} cannot be written as JSON: {error}. Use None, strings, "
            "numbers, booleans, lists and dicts of these, or protocol buffers."
        ) from error
