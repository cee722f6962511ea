from __future__ import annotations

import pytest


@pytest.fixture
def upstream(tmp_path):
    """The steps before the Tuner, as a user's pipeline has them."""
    from tfx import v1 as tfx

    from pipelines.pipeline import preparation

    module = tmp_path / "preprocessing.py"
    module.write_text("def preprocessing_fn(inputs):\n    return inputs\n")
    example_gen = tfx.components.CsvExampleGen(input_base=str(tmp_path))
    return [example_gen, *preparation(example_gen, module_file=str(module))]
