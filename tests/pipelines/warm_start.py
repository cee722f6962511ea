"""A pipeline whose Tuner starts from what a resolver finds of its earlier runs."""

from __future__ import annotations

from tests.pipelines import imported
from tests.step import fixtures as step_fixtures
from tuner_component import Tuner


def pipeline(root, data, artifact_type, search):
    """Returns importers, a resolver of the latest artifact, and a Tuner."""
    from tfx import v1 as tfx

    examples = imported.examples(data / "examples")
    schema = imported.schema(data / "schema")
    earlier = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestArtifactStrategy,
        found=tfx.dsl.Channel(type=artifact_type),
    ).with_id("earlier")
    tuner = Tuner(
        examples=examples.outputs["result"],
        schema=schema.outputs["result"],
        module_file=str(step_fixtures.MODULES / "own_model.py"),
        label_key=step_fixtures.LABEL,
        search=search,
        prior_results=earlier.outputs["found"],
    )
    return imported.pipeline("warm-start", root, [examples, schema, earlier, tuner])
