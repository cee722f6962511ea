"""Compiles the pipeline of `pipelines/` to a PipelineSpec for Kubeflow Pipelines v2.

    python kubeflow/compile.py --image my-registry/my-image --output pipeline.yaml

takes the options of `python -m pipelines.local` besides. `--root` and `--csv` must be
folders that this machine and the cluster both see: the wheels of the user's module are
written to the root now, and read from there by the steps. A study is kept under the
root and continued by the next run only with `--study-dir`, since Kubeflow gives every
run folders of its own.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipelines import local
from pipelines.settings import Settings


def compile_pipeline(settings: Settings, image: str, output: Path) -> None:
    """Writes the PipelineSpec.

    Args:
        settings: As for a local run.
        image: Container image with TFX, this package and the user's dependencies.
        output: A `.yaml` file for open-source Kubeflow Pipelines (schema 2.1), or a
            `.json` file for Vertex AI (schema 2.0).
    """
    from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner as runner

    from pipelines.pipeline import create_pipeline

    config = runner.KubeflowV2DagRunnerConfig(
        default_image=image, use_pipeline_spec_2_1=output.suffix == ".yaml"
    )
    runner.KubeflowV2DagRunner(
        config, output_dir=str(output.parent), output_filename=output.name
    ).run(create_pipeline(settings))


def main(arguments: list[str] | None = None) -> int:
    """Reads the command line and compiles."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--image", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--study-dir")
    own, others = parser.parse_known_args(arguments)
    settings = local.settings(others)
    search = dataclasses.replace(settings.search, study_dir=own.study_dir)
    settings = dataclasses.replace(settings, search=search)
    compile_pipeline(settings, own.image, own.output.resolve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
