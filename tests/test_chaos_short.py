"""The short form of `make chaos`: what a client saw complete is not lost, doubled or changed by a handful of kills."""

import subprocess
import sys

from tests.instances import PROJECT_DIR

SEED = 20261124


def test_nothing_is_lost_or_doubled_while_processes_are_killed():
    # A process of its own: it works on an instance of its own, and this one's settings know another.
    storm = subprocess.run(
        [sys.executable, "-m", "chaos", "--short", "--seed", str(SEED)],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    print(storm.stdout)
    assert storm.returncode == 0, storm.stdout + storm.stderr
    assert f"seed {SEED}\n" in storm.stdout
