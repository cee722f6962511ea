"""The search as a step of a Kubeflow pipeline that is not made with TFX.

`kubeflow/component.yaml` runs it: a folder of CSV or TFRecord files goes in, and files
that the pages of Kubeflow and Vertex AI show come out.
"""

from __future__ import annotations

import argparse
import json
import os
import posixpath
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from tuner_component import artifacts
from tuner_component.search import Search

_NODE = "Tuner"
_FILES = {
    "best_hyperparameters": artifacts.BEST_HYPERPARAMETERS_FILE,
    "report": artifacts.REPORT_FILE,
    "trial_record": artifacts.TRIALS_FILE,
    "metrics": artifacts.METRICS_FILE,
}
CSV, TFRECORD = "csv", "tfrecord"


def main(arguments: Sequence[str] | None = None) -> int:
    """Searches, and writes what the options name; returns the exit status."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="search_") as scratch:
        root = options.root or scratch
        _run(options, root, scratch)
        for key in _FILES:
            _copy(f"{root}/{_NODE}/{key}/*/{_FILES[key]}", getattr(options, key))
        _copy_model(f"{root}/{_NODE}/best_model/*/Format-Serving", options.best_model)
    _show_metrics(options.metrics, options.executor_input)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tuner_component.kubeflow_search")
    add = parser.add_argument
    add("--data", required=True, help="folder of files")
    add("--data-format", choices=[CSV, TFRECORD], default=CSV)
    add("--schema-file", default="", help="a schema.pbtxt; inferred without one")
    add("--module-file", required=True, help="the user's code: build_model(hp)")
    add("--label-key", required=True, help="the feature to predict")
    add("--search", type=_search, default=Search(), help="Search(...).to_json()")
    add("--root", default="", help="folder for everything in between")
    for key in (*_FILES, "best_model"):
        add(f"--{key.replace('_', '-')}", required=True, help="where it is written to")
    add("--executor-input", default="", help="Kubeflow's own, for the metrics")
    return parser


def _search(text: str) -> Search:
    try:
        return Search.from_json(text) if text else Search()
    except (TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(
            f"{error} Expected what Search(...).to_json() returns."
        ) from error


def _run(options: argparse.Namespace, root: str, scratch: str) -> None:
    """Runs the components that the search needs, one after the other."""
    from tfx.orchestration import metadata, pipeline
    from tfx.orchestration.local import local_dag_runner

    database = os.path.join(scratch, "metadata.sqlite")  # noqa: PTH118 - a str is wanted
    local_dag_runner.LocalDagRunner().run(
        pipeline.Pipeline(
            pipeline_name="search",
            pipeline_root=root,
            metadata_connection_config=metadata.sqlite_metadata_connection_config(
                database
            ),
            components=_components(options),
        )
    )


def _components(options: argparse.Namespace) -> list[Any]:
    from tfx.components import (
        CsvExampleGen,
        ImportExampleGen,
        SchemaGen,
        StatisticsGen,
    )
    from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen

    from tuner_component.component import Tuner

    is_csv = options.data_format == CSV
    read = (CsvExampleGen if is_csv else ImportExampleGen)(input_base=options.data)
    made = [read]
    if options.schema_file:
        schema = ImportSchemaGen(schema_file=options.schema_file)
    else:
        made.append(StatisticsGen(examples=read.outputs["examples"]))
        schema = SchemaGen(statistics=made[-1].outputs["statistics"])
    tuner = Tuner(
        examples=read.outputs["examples"],
        schema=schema.outputs["schema"],
        module_file=options.module_file,
        label_key=options.label_key,
        search=options.search,
    )
    return [*made, schema, tuner]


def _newest(pattern: str) -> str:
    from tfx.dsl.io import fileio

    def execution(path: str) -> int:
        return int(posixpath.basename(posixpath.dirname(path)))

    return str(max(fileio.glob(pattern), key=execution, default=""))


def _copy(pattern: str, target: str) -> None:
    from tfx.dsl.io import fileio

    fileio.makedirs(posixpath.dirname(target))
    fileio.copy(_newest(pattern), target, overwrite=True)


def _copy_model(pattern: str, target: str) -> None:
    """Copies the model's folder, if the best trial's model could be exported."""
    from tfx.dsl.io import fileio
    from tfx.utils import io_utils

    source = _newest(pattern)
    if source:
        io_utils.copy_dir(source, target)
    else:
        fileio.makedirs(target)


def _show_metrics(file: str, executor_input: str) -> None:
    """Tells Kubeflow the numbers as metadata, which its pages show."""
    from tfx.dsl.io import fileio

    if not executor_input:
        return
    outputs = json.loads(executor_input)["outputs"]
    (shown,) = outputs["artifacts"]["metrics"]["artifacts"]
    with fileio.open(file) as written:
        shown = {**shown, "metadata": json.loads(written.read())}
    target = outputs["outputFile"]
    fileio.makedirs(posixpath.dirname(target))
    with fileio.open(target, "w") as answer:
        answer.write(json.dumps({"artifacts": {"metrics": {"artifacts": [shown]}}}))


if __name__ == "__main__":
    sys.exit(main())
