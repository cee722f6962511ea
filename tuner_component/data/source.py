"""Where a split comes from, and how it is read as a stream."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

from tuner_component.data.table import Factory

_READ_BATCH = 4096


@dataclasses.dataclass(frozen=True)
class Source:
    """Where one split comes from.

    Attributes:
        factory: Makes a `tf.data.Dataset` from files.
        files: File patterns.
        schema: The (transformed) schema, or None.
        label_key: The feature that is the label.
    """

    factory: Factory
    files: Sequence[str]
    schema: Any
    label_key: str

    def stream(self, batch_size: int, *, shuffle: bool, seed: int | None) -> Any:
        """Returns one pass over the split as a dataset of (features, label)."""
        from tfx_bsl.public import tfxio

        return self.factory(
            list(self.files),
            tfxio.TensorFlowDatasetOptions(
                batch_size=batch_size,
                label_key=self.label_key,
                num_epochs=1,
                shuffle=shuffle,
                shuffle_seed=seed,
            ),
            self.schema,
        )

    def epochs(
        self, batch_size: int, seed: int, steps: int | None, first: int | None
    ) -> tuple[Any, int | None]:
        """Returns shuffled batches for `fit`, and how many an epoch has.

        See `Split.epochs`, also for what it costs that a training can be continued.
        """
        streamed = self.stream(batch_size, shuffle=True, seed=seed)
        if steps is not None:
            return streamed.repeat().skip((first or 0) * steps), steps
        if first is None:
            return streamed, None
        for _ in range(first):
            next(iter(streamed), None)  # Takes the seeds of that epoch.
        return streamed.repeat(), -(-self._num_examples // batch_size)

    @functools.cached_property
    def _num_examples(self) -> int:
        batches = self.stream(_READ_BATCH, shuffle=False, seed=None)
        return sum(len(label) for _, label in batches)
