from __future__ import annotations

import subprocess
import sys

_CHATTER = """
import os, subprocess, sys
from pathlib import Path
from pipelines import terminal

with terminal.only_python_prints(Path(sys.argv[1])):
    print("ours")
    os.write(1, b"from C++\\n")
    subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
    os.write(2, b"warning from C++\\n")
    print("our error", file=sys.stderr)
    if sys.argv[2] == "raise":
        raise ValueError("stop")
os.write(1, b"afterwards\\n")
"""

_STEPS = """
from absl import logging
from pipelines import terminal

terminal.quieten()
terminal.show_steps(2)
logging.info("Component %s is running.", "Transform")
logging.info("Component %s is running.", "Tuner")
logging.info("A cached execution %d is used.", 7)
logging.info("Component %s is finished.", "Tuner")
logging.warning("do not show")
logging.error("show this")
"""


def _run(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_chatter_of_tools_goes_to_the_file(tmp_path):
    log = tmp_path / "new" / "log.txt"
    done = _run(_CHATTER, str(log), "return")
    assert done.stdout == "ours\nafterwards\n"
    assert done.stderr == "our error\n"
    assert log.read_text() == "from C++\nfrom a child\nwarning from C++\n"


def test_a_traceback_reaches_the_terminal(tmp_path):
    done = _run(_CHATTER, str(tmp_path / "log.txt"), "raise")
    assert done.stderr.startswith("our error\nTraceback")
    assert done.stderr.endswith("ValueError: stop\n")


def test_the_file_is_continued(tmp_path):
    log = tmp_path / "log.txt"
    log.write_text("first run\n")
    _run(_CHATTER, str(log), "return")
    assert log.read_text().startswith("first run\nfrom C++\n")


def test_steps_are_counted_and_errors_shown():
    done = _run(_STEPS)
    assert done.stdout.splitlines() == [
        "1/2 Transform",
        "2/2 Tuner",
        "    unchanged: the last run's result is used",
    ]
    assert done.stderr == "show this\n"
