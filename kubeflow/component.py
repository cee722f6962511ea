"""Writes `component.yaml`: the search as a component for any Kubeflow pipeline.

    python kubeflow/component.py --image my-registry/my-image --output component.yaml

A pipeline takes it by `kfp.components.load_component_from_file("component.yaml")`; it
needs `kfp`, and neither TFX nor this package where it is compiled.
"""

import argparse
import sys
from pathlib import Path

from kfp import compiler, dsl  # noqa: TID253 - what it is all about

_DEFAULT_IMAGE = "tuner_component"


def component(image: str) -> dsl.base_component.BaseComponent:
    """Returns the component, whose container has this image."""

    @dsl.container_component
    def search_hyperparameters(  # noqa: PLR0913 - kfp reads the signature
        data: dsl.Input[dsl.Dataset],
        best_hyperparameters: dsl.Output[dsl.Artifact],
        best_model: dsl.Output[dsl.Model],
        metrics: dsl.Output[dsl.Metrics],
        report: dsl.Output[dsl.HTML],
        trial_record: dsl.Output[dsl.Dataset],
        module_file: str,
        label_key: str,
        data_format: str = "csv",
        schema_file: str = "",
        search: str = "",
        root: str = "",
    ):
        return dsl.ContainerSpec(
            image=image,
            command=["python", "-m", "tuner_component.kubeflow_search"],
            args=[
                *("--data", data.path, "--data-format", data_format),
                *("--schema-file", schema_file, "--module-file", module_file),
                *("--label-key", label_key, "--search", search, "--root", root),
                *("--best-hyperparameters", best_hyperparameters.path),
                *("--best-model", best_model.path, "--metrics", metrics.path),
                *("--report", report.path, "--trial-record", trial_record.path),
                *("--executor-input", "{{$}}"),
            ],
        )

    return search_hyperparameters


def main(arguments: list[str] | None = None) -> int:
    """Reads the command line and writes the file."""
    parser = argparse.ArgumentParser(prog="python kubeflow/component.py")
    parser.add_argument("--image", default=_DEFAULT_IMAGE)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    compiler.Compiler().compile(component(options.image), str(options.output))
    return 0


if __name__ == "__main__":
    sys.exit(main())
