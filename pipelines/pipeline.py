"""The pipeline: CSV files or examples in, a tuned and trained model out."""

from __future__ import annotations

from typing import Any

import tensorflow_model_analysis as tfma
from tfx import v1 as tfx

from pipelines.settings import Settings
from tuner_component import Tuner

NAME = "tuned"


def create_pipeline(settings: Settings) -> tfx.dsl.Pipeline:
    """Returns the pipeline; unchanged steps are taken from the last run's cache."""
    user_code: dict[str, Any] = {
        "module_file": str(settings.module.resolve()),
        "custom_config": {
            "label": settings.label,
            "task": settings.task,
            "epochs": settings.search.epochs,
            "seed": settings.search.seed,
        },
    }
    steps: dict[str, Any] = {
        "train_args": tfx.proto.TrainArgs(num_steps=settings.train_steps),
        "eval_args": tfx.proto.EvalArgs(num_steps=settings.eval_steps),
    }
    example_gen = _example_gen(settings)
    preparing = preparation(example_gen, **user_code)
    transform = preparing[-1]
    transformed = {
        "examples": transform.outputs["transformed_examples"],
        "transform_graph": transform.outputs["transform_graph"],
    }
    tuner = Tuner(
        **transformed,
        **user_code,
        **steps,
        tune_args=_tune_args(settings.parallel),
        search=settings.search,
        label_key=f"{settings.label}_xf",
    )
    trainer = tfx.components.Trainer(
        **transformed,
        **user_code,
        **steps,
        hyperparameters=tuner.outputs["best_hyperparameters"],
    )
    components = [example_gen, *preparing, tuner, trainer]
    if settings.evaluate:
        components.append(
            tfx.components.Evaluator(
                examples=example_gen.outputs["examples"],
                model=trainer.outputs["model"],
                eval_config=_eval_config(settings),
            )
        )
    root = settings.root.resolve()
    return tfx.dsl.Pipeline(
        pipeline_name=NAME,
        pipeline_root=str(root),
        components=components,
        enable_cache=True,
        metadata_connection_config=(
            tfx.orchestration.metadata.sqlite_metadata_connection_config(
                str(root / "metadata.sqlite")
            )
        ),
    )


def preparation(example_gen: Any, **user_code: Any) -> list[Any]:
    """Returns the steps that transform what a component reads; the last is Transform.

    Args:
        example_gen: Reads the examples.
        user_code: Arguments of Transform: `module_file`, and what that module needs.
    """
    statistics_gen = tfx.components.StatisticsGen(
        examples=example_gen.outputs["examples"]
    )
    schema_gen = tfx.components.SchemaGen(
        statistics=statistics_gen.outputs["statistics"]
    )
    transform = tfx.components.Transform(
        examples=example_gen.outputs["examples"],
        schema=schema_gen.outputs["schema"],
        **user_code,
    )
    return [statistics_gen, schema_gen, transform]


def _example_gen(settings: Settings) -> Any:
    data = settings.data.resolve()
    if data.is_dir():
        return tfx.components.CsvExampleGen(input_base=str(data))
    one_file = tfx.proto.Input(
        splits=[tfx.proto.Input.Split(name="all", pattern=data.name)]
    )
    read = getattr(tfx.components, settings.example_gen)
    return read(input_base=str(data.parent), input_config=one_file)


def _tune_args(parallel: int) -> tfx.proto.TuneArgs | None:
    return tfx.proto.TuneArgs(num_parallel_trials=parallel) if parallel else None


def _eval_config(settings: Settings) -> tfma.EvalConfig:
    metric = (
        "MeanAbsoluteError"
        if settings.task == "regression"
        else "SparseCategoricalAccuracy"
    )
    return tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(
                signature_name="serving_default",
                label_key=f"{settings.label}_xf",
                preprocessing_function_names=["transform_features"],
            )
        ],
        slicing_specs=[tfma.SlicingSpec()],
        metrics_specs=[
            tfma.MetricsSpec(metrics=[tfma.MetricConfig(class_name=metric)])
        ],
    )
