"""The comparison at the end: what the clients saw, what the provider said, and what is stored."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chaos.asks import Sent, sha256, text_of

Rows = dict[str, list[Any]]
_SHOWN = 40
_SHOWN_BYTES = 200


class Verdict:
    """Counts to print, and every difference found. All is well when there is none."""

    def __init__(self) -> None:
        self.counts: list[tuple[str, str]] = []
        self.differences: list[str] = []

    def count(self, label: str, value: int) -> None:
        """Add a line to the table."""
        self.counts.append((label, f"{value:,}"))

    def expect(self, label: str, value: int, expected: int) -> None:
        """Add a line to the table, and a difference unless the two are equal."""
        self.counts.append((label, f"{value:,} of {expected:,}" if expected else f"{value:,}"))
        if value != expected:
            self.differences.append(f"{label}: {value:,}, not {expected:,}")

    def text(self) -> str:
        """Returns the table, then what differs (the first of it)."""
        lines = [f"{value:>28}  {label}" for label, value in self.counts]
        lines += [f"DIFFERS: {difference}" for difference in self.differences[:_SHOWN]]
        if len(self.differences) > _SHOWN:
            lines.append(f"… and {len(self.differences) - _SHOWN} more")
        return "\n".join(lines)


def examine(ledger: Sequence[Sent], data_dir: Path) -> Verdict:
    """Compare everything. Needs the product's settings, its database and its Valkey."""
    from requests_app.models import Request

    verdict = Verdict()
    rows: Rows = defaultdict(list)
    # The instance has one organization, and nobody but the clients has used it.
    for row in Request.objects.all().iterator():
        rows[row.request_id].append(row)
    _count_outcomes(verdict, ledger)
    _compare_presence(verdict, ledger, rows)
    _compare_totals(verdict, [sent for sent in ledger if sent.outcome == "complete"], rows)
    _compare_bodies(verdict, [sent for sent in ledger if sent.outcome == "complete"], rows)
    _look_for_leftovers(verdict, data_dir)
    return verdict


def _count_outcomes(verdict: Verdict, ledger: Sequence[Sent]) -> None:
    outcomes = Counter(sent.outcome for sent in ledger)
    verdict.count("requests sent", len(ledger) - outcomes["not sent"])
    verdict.count("attempts without a connection", outcomes["not sent"])
    verdict.count("seen complete by their clients", outcomes["complete"])
    verdict.count("cut short", outcomes["cut"])
    refused = Counter(sent.status for sent in ledger if sent.outcome == "refused")
    for status, number in sorted(refused.items()):
        verdict.count(f"refused with {status}", number)
    for sent in ledger:
        # The clients' key is good: to call it wrong, whatever is broken, makes them give up.
        if sent.outcome == "refused" and sent.status in {401, 403}:
            verdict.differences.append(f"the good key was refused: {sent}")


def _compare_presence(verdict: Verdict, ledger: Sequence[Sent], rows: Rows) -> None:
    complete = [sent for sent in ledger if sent.outcome == "complete"]
    lost = [sent for sent in complete if not rows[sent.marker]]
    doubled = [sent for sent in ledger if len(rows[sent.marker]) > 1]
    once = sum(len(rows[sent.marker]) == 1 for sent in complete)
    verdict.expect("complete ones stored exactly once", once, len(complete))
    verdict.count(
        "others stored once",
        sum(len(rows[sent.marker]) == 1 for sent in ledger if sent.outcome != "complete"),
    )
    known = {sent.marker for sent in ledger}
    strangers = [marker for marker in rows if marker not in known]
    verdict.expect("rows that no client knows of", len(strangers), 0)
    verdict.differences += [f"lost: {sent}" for sent in lost]
    verdict.differences += [f"stored {len(rows[sent.marker])} times: {sent}" for sent in doubled]


def _compare_totals(verdict: Verdict, complete: Sequence[Sent], rows: Rows) -> None:
    columns = ("prompt_tokens", "completion_tokens", "cost_nanodollars")
    stored = [row for sent in complete for row in rows[sent.marker]]
    for column in columns:
        verdict.expect(
            column.replace("_", " "),
            sum(getattr(row, column) or 0 for row in stored),
            sum(getattr(sent, column) for sent in complete),
        )
    for sent in complete:
        for row in rows[sent.marker]:
            seen = {column: getattr(row, column) for column in columns} | {"status": row.status}
            said = {column: getattr(sent, column) for column in columns} | {"status": 200}
            if seen != said:
                verdict.differences.append(f"{sent.marker} is stored with {seen}, not {said}")


def _compare_bodies(verdict: Verdict, complete: Sequence[Sent], rows: Rows) -> None:
    from ingest_app.bodies import BodyKey, body_store

    requests = answers = texts = 0
    stored = [(sent, row) for sent in complete for row in rows[sent.marker][:1]]
    for sent, row in stored:
        bodies = body_store().get(BodyKey(row.organization_id, row.created_at, row.id))
        request, answer = (bodies.request, bodies.response) if bodies is not None else (None, None)
        same_request = request is not None and sha256(request) == sent.body_sha256
        # The answer that is stored of a stream is the one object that it would have been.
        if sent.is_stream:
            same_answer = _text_of(answer) == sent.text
            texts += same_answer
        else:
            same_answer = answer is not None and sha256(answer) == sent.answer_sha256
            answers += same_answer
        requests += same_request
        if not same_request or not same_answer:
            verdict.differences.append(
                f"bodies of {sent}: request {_beginning(request, same=same_request)},"
                f" answer {_beginning(answer, same=same_answer)}"
            )
    streams = sum(sent.is_stream for sent, _ in stored)
    verdict.expect("request bodies equal byte by byte", requests, len(stored))
    verdict.expect("plain answers equal byte by byte", answers, len(stored) - streams)
    verdict.expect("streamed answers with the same text", texts, streams)


def _beginning(body: bytes | None, *, same: bool) -> str:
    return "same" if same else repr(None if body is None else body[:_SHOWN_BYTES])


def _text_of(answer: bytes | None) -> str | None:
    try:
        return text_of(json.loads(answer or b""))
    except (ValueError, LookupError, TypeError):
        return None


def _look_for_leftovers(verdict: Verdict, data_dir: Path) -> None:
    from django.db import connection

    from helicone_site.redis_client import sync_client
    from ingest_app import stream

    verdict.expect("entries left in the stream", stream.length(sync_client()), 0)
    verdict.expect("files left in the spool", len(spool_files(data_dir)), 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('dead_letter')")
        if cursor.fetchone() != (None,):
            cursor.execute("SELECT count(*) FROM dead_letter")
            verdict.expect("dead letters", (cursor.fetchone() or (0,))[0], 0)


def spool_files(data_dir: Path) -> list[Path]:
    """Returns what waits in the spool of the product on `data_dir`."""
    return list((data_dir / "spool").glob("*.spool"))
