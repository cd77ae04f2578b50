"""A whole log moved from one instance to another: exported, imported, exported again, and both files compared.

`python -m bench.moving` (1 M requests with bodies): every row and body of the second file equals that of the first.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench.data import ENVIRONMENT, data_set, fill, set_up_django
from bench.exporting import export
from tests.instances import PROJECT_DIR, Instance

# Made anew by whoever stores a row.
_OWN = {"helicone_id", "response_id", "feedback_id", "key_name"}
# The data set leaves them out, where a writer stores 0.
_COUNTS = (
    *("prompt_cache_read_tokens", "prompt_cache_write_tokens", "prompt_audio_tokens"),
    *("completion_audio_tokens", "reasoning_tokens"),
)


def main() -> None:
    """Print the table; fail at the first row that differs."""
    parser = argparse.ArgumentParser(prog="python -m bench.moving", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with data_set(f"exporting-{rows}") as source, tempfile.TemporaryDirectory() as folder:
        set_up_django(source)
        fill(rows)
        first = Path(folder) / "first.jsonl"
        run = export(source, first, "jsonl", "--include-body")
        print(f"{rows / run.seconds:10,.0f} requests/s exported, {run.peak_mb:,.0f} MB at most", flush=True)
        source.stop()
        with Instance(Path(folder) / "data", env=ENVIRONMENT) as target:
            target.start()
            target.wait_ready()
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "manage.py", "import", "helicone", str(first), "--quiet"],
                cwd=PROJECT_DIR,
                env=target.env,
                check=True,
            )
            print(f"{rows / (time.perf_counter() - began):10,.0f} requests/s imported", flush=True)
            second = Path(folder) / "second.jsonl"
            export(target, second, "jsonl", "--include-body")
        print(f"{_compared(first, second):10,} requests are equal, with their bodies")


def _compared(first: Path, second: Path) -> int:
    """Returns how many rows there are. Fails where the two files differ."""
    number = 0
    for number, (one, other) in enumerate(zip(_rows(first), _rows(second), strict=True), start=1):
        differing = {
            name: (one.get(name), other.get(name))
            for name in (one.keys() | other.keys()) - _OWN
            if one.get(name) != other.get(name)
        }
        assert not differing, f"row {number}: {differing}"
    return number


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the rows; those of one moment in the order of their ids, which the two instances choose themselves."""
    moment, together = "", []
    with path.open("rb") as file:
        for line in file:
            row = msgspec.json.decode(line)
            row |= {name: row[name] or 0 for name in _COUNTS}
            if row["request_created_at"] != moment:
                yield from sorted(together, key=_order)
                moment, together = row["request_created_at"], []
            together.append(row)
    yield from sorted(together, key=_order)


def _order(row: dict[str, Any]) -> str:
    return str(row["request_id"])


if __name__ == "__main__":
    main()
