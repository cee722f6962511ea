from __future__ import annotations

import json

import pytest
from tfx.types import standard_artifacts

from tests.pipelines.warm_start import pipeline
from tuner_component import Search
from tuner_component.artifacts import TrialRecord


@pytest.mark.parametrize(
    ("artifact_type", "key"),
    [
        (standard_artifacts.TunerResults, "prior_results"),
        (TrialRecord, "prior_trials"),
    ],
)
def test_a_resolver_and_its_tuner_compile(tmp_path, artifact_type, key):
    from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner as runner

    made = pipeline(tmp_path, tmp_path, artifact_type, Search())
    runner.KubeflowV2DagRunner(
        runner.KubeflowV2DagRunnerConfig(default_image="an/image"),
        output_dir=str(tmp_path),
        output_filename="pipeline.json",
    ).run(made)
    spec = json.loads((tmp_path / "pipeline.json").read_text())["pipelineSpec"]
    inputs = spec["root"]["dag"]["tasks"]["Tuner"]["inputs"]["artifacts"]
    assert inputs[key]["taskOutputArtifact"] == {
        "producerTask": "earlier",
        "outputArtifactKey": "found",
    }
