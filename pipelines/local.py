"""Tunes and trains a model for a CSV file on this machine.

    python -m pipelines.local
    python -m pipelines.local --csv trips.csv --label tips --trials 30
    python -m pipelines.local --images

Without `--csv`, the data is scikit-learn's breast cancer set; with `--images`, it is
handwritten digits, and the architecture is searched too. A second run with the
same `--root` continues the search where it stopped, or raises the number of trials.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines import embedded_data, terminal
from pipelines.settings import Settings
from tuner_component import Search
from tuner_component.errors import TunerError
from tuner_component.strategies import registry

_MODULES = Path(__file__).parent / "modules"
_TABULAR, _IMAGES = _MODULES / "tabular.py", _MODULES / "images.py"


def parser() -> argparse.ArgumentParser:
    """Returns the options."""
    options = argparse.ArgumentParser(
        prog="python -m pipelines.local",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = options.add_argument
    add("--csv", type=Path, help="a CSV file, or a folder of CSV files")
    add("--images", nargs="?", type=Path, const=Path(), metavar="TFRECORD",
        help="square images as tf.Examples (scikit-learn's digits)")  # fmt: skip
    add("--label", help="the column to predict; needed with --csv")
    add("--task", choices=["classification", "regression"], default="classification")
    add("--module", type=Path, help=f"the user's code ({_TABULAR} or {_IMAGES.name})")
    add("--root", type=Path, default=Path("demo"), help="for all files (%(default)s)")
    add("--trials", type=int, default=12, help="trials at most (%(default)s)")
    add("--parallel", type=int, default=0, help="trials at once (what fits)")
    add("--strategy", help="how to search; tuner_component/README.md lists them")
    add("--epochs", type=int, default=20, help="epochs at most (%(default)s)")
    add("--seed", type=int, default=0, help="fixes everything random (%(default)s)")
    add("--train-steps", type=int, default=0, help="steps in an epoch (all rows)")
    add("--eval-steps", type=int, default=0, help="in an evaluation (all rows)")
    add("--evaluate", action="store_true", help="add TFX's Evaluator")
    return options


def settings(arguments: Sequence[str]) -> Settings:
    """Returns what the command line asks for; writes the embedded data if needed.

    Raises:
        SystemExit: If options are missing or wrong.
    """
    options = parser()
    given = options.parse_args(arguments)
    if given.csv is not None and not given.label:
        options.error("--csv needs --label, the name of the column to predict")
    if given.csv is not None and not given.csv.exists():
        options.error(f"--csv {given.csv}: there is no such file or folder")
    if given.images and given.images.name and not given.images.is_file():
        options.error(f"--images {given.images}: there is no such file")
    if given.csv is not None and given.images is not None:
        options.error("--csv and --images cannot both be given")
    module = given.module or (_TABULAR if given.images is None else _IMAGES)
    if not module.is_file():
        options.error(f"--module {module}: there is no such file")
    try:
        search = Search(
            strategy=given.strategy,
            max_trials=given.trials,
            epochs=given.epochs,
            seed=given.seed,
        )
        if search.strategy is not None:
            registry.check(search.strategy, search.strategy_options)
    except ValueError as error:
        options.error(str(error))
    return Settings(
        data=_data(given),
        label=given.label or _label(given),
        task=given.task,
        module=module,
        root=given.root,
        search=search,
        parallel=given.parallel,
        train_steps=given.train_steps,
        eval_steps=given.eval_steps,
        evaluate=given.evaluate,
    )


def _data(given: argparse.Namespace) -> Path:
    folder = given.root / "data"
    if given.images is None:
        return given.csv or embedded_data.write_breast_cancer(folder)
    return given.images if given.images.name else embedded_data.write_digits(folder)


def _label(given: argparse.Namespace) -> str:
    return embedded_data.LABEL if given.images is None else embedded_data.IMAGE_LABEL


def run(wanted: Settings) -> Path:
    """Runs the pipeline; returns the trained model's folder.

    Raises:
        TunerError: If the search cannot be done; the message says what to do.
    """
    terminal.say("Loading TFX")
    from tfx import v1 as tfx

    from pipelines.pipeline import create_pipeline

    pipeline = create_pipeline(wanted)
    terminal.show_steps(len(pipeline.components))
    with terminal.only_python_prints(_log(wanted)):
        tfx.orchestration.LocalDagRunner().run(pipeline)
    return latest(wanted.root, "Trainer", "model") / "Format-Serving"


def latest(root: Path, component: str, output: str) -> Path:
    """Returns the newest artifact that a component has written."""
    return max((root / component / output).iterdir(), key=lambda path: int(path.name))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    terminal.quieten()
    wanted = settings(sys.argv[1:] if arguments is None else arguments)
    try:
        model = run(wanted)
    except TunerError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except Exception:
        sys.stderr.write(f"\nWhat pip and others printed is in {_log(wanted)}.\n\n")
        raise
    terminal.say(f"model  {model}\n{_verdict(wanted, model)}")
    return 0


def _verdict(wanted: Settings, model: Path) -> str:
    from pipelines.scoring import score

    rows = latest(wanted.root, wanted.example_gen, "examples") / "Split-eval"
    result = score(model, rows, f"{wanted.label}_xf", wanted.task)
    return (
        f"{result.metric} {result.value:.3f} on the {result.num_rows} rows of the eval "
        f"split; {result.baseline_name}: {result.baseline:.3f}"
    )


def _log(wanted: Settings) -> Path:
    return wanted.root / "log.txt"


if __name__ == "__main__":
    sys.exit(main())
