"""What a run of the pipeline is about."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tuner_component import Search


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that a user chooses.

    Attributes:
        data: A CSV file, a folder with nothing else than CSV files, or a file of
            `tf.Example`s whose name ends with `.tfrecord`.
        label: The column to predict.
        task: `"classification"` or `"regression"`.
        module: The user's code; calls the transformed label `<label>_xf`.
        root: Folder for everything that the pipeline writes.
        search: How to search.
        parallel: Trials at once; 0 for as many as the machine has room for.
        train_steps: Steps in an epoch; 0 for one pass over the data.
        eval_steps: Steps in an evaluation, on the same terms.
        evaluate: Whether TFX's Evaluator checks the model at the end.
    """

    data: Path
    label: str
    task: str
    module: Path
    root: Path
    search: Search
    parallel: int = 0
    train_steps: int = 0
    eval_steps: int = 0
    evaluate: bool = False

    @property
    def example_gen(self) -> str:
        """The component that reads the data."""
        return "ImportExampleGen" if self.is_tfrecord else "CsvExampleGen"

    @property
    def is_tfrecord(self) -> bool:
        """Whether the data are `tf.Example`s already."""
        return self.data.suffix == ".tfrecord"
