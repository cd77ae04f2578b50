"""`helicone-export` as people run it."""

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.events import wait_until
from tests.instances import PROJECT_DIR, bare_environment

FORMATS = ("jsonl", "json", "csv", "parquet")
# Long ago, so that the thirty days before now hold nothing.
PERIOD = ("--start-date", "2026-02-01", "--end-date", "2026-05-01")
STATE_FILE = ".helicone-export-state.json"


@dataclass(frozen=True)
class Exporter:
    """Runs the tool in `folder`, against `base_url`."""

    folder: Path
    base_url: str
    env: dict[str, str]

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
        """Start it, with little patience between retries."""
        return subprocess.Popen(
            [sys.executable, "-m", "helicone_export", "--retry-delay", "0.01", *arguments],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )

    def run(self, *arguments: str, **options: Any) -> tuple[int, str]:
        """Returns its exit status and what it said."""
        process = self.start(*arguments, **options)
        try:
            said = process.communicate(timeout=30)[1].decode()
        finally:
            process.kill()
        return process.returncode, said

    def export(self, *arguments: str) -> None:
        """Run it. Fails unless all is well."""
        status, said = self.run(*PERIOD, *arguments)
        assert status == 0, said
        assert not (self.folder / STATE_FILE).exists()

    def state(self) -> dict[str, Any]:
        """Returns what the state file holds; {} where there is none."""
        try:
            return json.loads((self.folder / STATE_FILE).read_bytes())
        except FileNotFoundError:
            return {}

    def rows(self, form: str = "jsonl") -> list[dict[str, Any]]:
        """Returns the rows in the output; values of CSV and Parquet as they are there."""
        data = (self.folder / f"output.{form}").read_bytes()
        match form:
            case "jsonl":
                return [json.loads(line) for line in data.splitlines()]
            case "json":
                return json.loads(data)
            case "csv":
                return list(csv.DictReader(io.StringIO(data.decode(), newline="")))
        from arro3.io import read_parquet

        table = read_parquet(io.BytesIO(data)).read_all()
        columns = [table[name].to_pylist() for name in table.column_names]
        return [dict(zip(table.column_names, values, strict=True)) for values in zip(*columns, strict=True)]

    def ids(self, form: str = "jsonl") -> list[str]:
        """Returns the requests' ids, in the order of the output."""
        return [row["response_id"].removeprefix("r-") for row in self.rows(form)]


def exporter_of(folder: Path, base_url: str, api_key: str, **more: str) -> Exporter:
    """Returns the tool in an environment of its own."""
    env = bare_environment() | {
        "HELICONE_API_KEY": api_key,
        "HELICONE_BASE_URL": base_url,
        "PYTHONPATH": str(PROJECT_DIR),
    }
    return Exporter(folder, base_url, env | more)


def kill_after_some(exporter: Exporter, process: "subprocess.Popen[bytes]", number: int) -> None:
    """Wait until the state file tells of rows, and send the signal."""
    try:
        assert wait_until(lambda: exporter.state().get("rows", 0) > 0 or process.poll() is not None)
        assert process.poll() is None, process.communicate()[1]
        os.kill(process.pid, number)
        process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
