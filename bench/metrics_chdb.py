"""ClickHouse's engine in a process of its own: `python metrics_chdb.py FOLDER`, with `chdb` installed.

It reads statements from stdin, a JSON object a line: `sql`, and `times`, how often to run it. It answers each with a
line: `rows` of the last time, and `milliseconds` of all times; or `error`. It imports nothing of ours.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from chdb.session import Session


def main() -> None:
    """Answer until stdin ends."""
    session = Session(sys.argv[1])
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = _answer(session, asked["sql"], asked["times"])
        except Exception as error:
            answer = {"error": str(error)[:2000]}
        print(json.dumps(answer), flush=True)


def _answer(session: Session, sql: str, times: int) -> dict[str, Any]:
    milliseconds, text = zip(*_runs(session, sql, times), strict=True)
    rows = json.loads(text[-1])["data"] if text[-1] else []
    return {"rows": rows, "milliseconds": milliseconds}


def _runs(session: Session, sql: str, times: int) -> Iterator[tuple[float, str]]:
    for _ in range(times):
        began = time.perf_counter()
        text = str(session.query(sql, "JSONCompact"))
        yield (time.perf_counter() - began) * 1000, text


if __name__ == "__main__":
    main()
