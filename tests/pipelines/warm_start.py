"""A pipeline whose Tuner starts from what a resolver finds of its earlier runs."""

from __future__ import annotations

from tests.step import fixtures as step_fixtures
from tuner_component import Tuner


def pipeline(root, data, output, artifact_type, search):
    """Returns importers, a resolver of the latest artifact, and a Tuner."""
    from tfx import v1 as tfx

    types = tfx.types.standard_artifacts
    examples = tfx.dsl.Importer(
        source_uri=str(data / "examples"),
        artifact_type=types.Examples,
        properties={"split_names": '["train", "eval"]'},
        custom_properties={
            "file_format": "tfrecords_gzip",
            "payload_format": "FORMAT_TF_EXAMPLE",
        },
    ).with_id("examples")
    schema = tfx.dsl.Importer(
        source_uri=str(data / "schema"), artifact_type=types.Schema
    ).with_id("schema")
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
    assert output in tuner.outputs
    return tfx.dsl.Pipeline(
        pipeline_name="warm-start",
        pipeline_root=str(root),
        components=[examples, schema, earlier, tuner],
        metadata_connection_config=(
            tfx.orchestration.metadata.sqlite_metadata_connection_config(
                str(root / "metadata.sqlite")
            )
        ),
    )
