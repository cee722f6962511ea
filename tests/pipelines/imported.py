"""Pipelines that begin with artifacts which are there already."""

from __future__ import annotations


def examples(folder):
    """Returns an importer of the examples in a folder."""
    from tfx import v1 as tfx

    return tfx.dsl.Importer(
        source_uri=str(folder),
        artifact_type=tfx.types.standard_artifacts.Examples,
        properties={"split_names": '["train", "eval"]'},
        custom_properties={
            "file_format": "tfrecords_gzip",
            "payload_format": "FORMAT_TF_EXAMPLE",
        },
    ).with_id("examples")


def schema(folder):
    """Returns an importer of the schema in a folder."""
    from tfx import v1 as tfx

    return tfx.dsl.Importer(
        source_uri=str(folder), artifact_type=tfx.types.standard_artifacts.Schema
    ).with_id("schema")


def pipeline(name, root, components, **options):
    """Returns a pipeline that keeps all it writes below `root`."""
    from tfx import v1 as tfx

    metadata = tfx.orchestration.metadata.sqlite_metadata_connection_config(
        str(root / "metadata.sqlite")
    )
    return tfx.dsl.Pipeline(
        pipeline_name=name,
        pipeline_root=str(root),
        components=components,
        metadata_connection_config=metadata,
        **options,
    )
