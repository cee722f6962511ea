"""Files of examples that are damaged."""

from __future__ import annotations

from pathlib import Path

from tests.step.cases.step import own, rewritten, run


def corrupt_record(inputs, root):
    def broken(number, record):
        return b"\xff no example" if number == 7 else record

    run(rewritten(inputs, root, broken), own(), root)


def truncated_file(inputs, root):
    changed = rewritten(inputs, root, lambda _, record: record)
    file = Path(changed["examples"][0].uri) / "Split-train" / "data-0.gz"
    file.write_bytes(file.read_bytes()[:-200])
    run(changed, own(), root)


def file_cut_between_two_records(inputs, root):
    changed = rewritten(inputs, root, lambda _, record: record)
    file = Path(changed["examples"][0].uri) / "Split-train" / "data-0.gz"
    content = file.read_bytes()
    while _can_tensorflow_read(file, content) is False:
        content = content[:-1]
    run(changed, own(), root)


def _can_tensorflow_read(file, content):
    """Returns whether TensorFlow takes a shorter file than there was for a whole one."""
    import tensorflow as tf

    file.write_bytes(content[:-16])
    try:
        return sum(1 for _ in tf.data.TFRecordDataset(str(file), "GZIP")) > 0
    except tf.errors.DataLossError:
        return False


def file_without_examples(inputs, root):
    changed = rewritten(inputs, root, lambda _, record: record)
    (Path(changed["examples"][0].uri) / "Split-train" / "data-0.gz").write_bytes(b"")
    run(changed, own(), root)


CASES = {
    corrupt_record: r"Record 7 of .*Split-train/data-0.gz cannot be read",
    truncated_file: r"Record \d+ of .*Split-train/data-0.gz cannot be read",
    file_cut_between_two_records: r"data-0.gz cannot be read: .* is cut off",
    file_without_examples: r"files of the train split hold no example",
}
