from __future__ import annotations

import pytest


@pytest.fixture
def upstream(tmp_path):
    """The steps before the Tuner, as a user's pipeline has them."""
    from tfx import v1 as tfx

    module = tmp_path / "preprocessing.py"
    module.write_text("def preprocessing_fn(inputs):\n    return inputs\n")
    example_gen = tfx.components.CsvExampleGen(input_base=str(tmp_path))
    statistics_gen = tfx.components.StatisticsGen(
        examples=example_gen.outputs["examples"]
    )
    schema_gen = tfx.components.SchemaGen(
        statistics=statistics_gen.outputs["statistics"]
    )
    transform = tfx.components.Transform(
        examples=example_gen.outputs["examples"],
        schema=schema_gen.outputs["schema"],
        module_file=str(module),
    )
    return [example_gen, statistics_gen, schema_gen, transform]
