"""The few numbers on top of a session's page."""

from collections.abc import Sequence
from dataclasses import dataclass

from helicone_site import formats
from ingest_app.events import SpanKind
from sessions_app.timing import Spans, busy_us
from sessions_app.tree import Role, Step, Tree

NOTHING_US = 1000  # what rounds to 0 ms
LEAST_SHARE = 0.01  # of what is worth saying


@dataclass(frozen=True, slots=True)
class Card:
    """One number: `text` as people read it, `exact` for the tooltip, `note` the line below it."""

    key: str
    label: str
    text: str
    note: str = ""
    exact: str = ""


def cards_of(tree: Tree, steps: Sequence[Step], *, length_us: int, idle: Spans) -> list[Card]:
    """Returns the cards of a session with these steps."""
    return [
        _duration(steps, length_us, idle),
        _cost(tree, steps),
        _count(steps),
        _tokens(steps),
        _errors(tree),
        _users(steps),
    ]


def _duration(steps: Sequence[Step], length_us: int, idle: Spans) -> Card:
    ms = length_us / 1000
    notes = []
    if length_us > NOTHING_US:
        in_models = busy_us(step for step in steps if step.kind == SpanKind.MODEL)
        idle_us = sum(end - start for start, end in idle)
        notes.append(f"{_percent(in_models, length_us)} in models")
        if idle_us >= length_us * LEAST_SHARE:
            notes.append(f"{_percent(idle_us, length_us)} idle")
    return Card("duration", "Duration", formats.duration(ms), " · ".join(notes), f"{round(ms):,} ms")


def _cost(tree: Tree, steps: Sequence[Step]) -> Card:
    known = [step.cost_nanodollars for step in steps if step.cost_nanodollars is not None]
    total = sum(known) if known else None
    unpriced = sum(step.cost_nanodollars is None and step.kind == SpanKind.MODEL for step in steps)
    note = ""
    if unpriced:
        note = f"{unpriced:,} without a known price"
    elif total and len(known) > 1 and max(known) >= total * LEAST_SHARE:
        note = f"{_percent(max(known), total)} in one step"
    return Card("cost", "Cost", formats.money(total), note, formats.money_exact(total) if known else "")


def _count(steps: Sequence[Step]) -> Card:
    calls = sum(step.kind == SpanKind.MODEL for step in steps)
    note = f"{calls:,} model · {len(steps) - calls:,} other"
    return Card("steps", "Steps", formats.count_short(len(steps)), note, f"{len(steps):,}")


def _tokens(steps: Sequence[Step]) -> Card:
    sent = sum(step.prompt_tokens or 0 for step in steps)
    answered = sum(step.completion_tokens or 0 for step in steps)
    cached = sum(step.cache_read_tokens or 0 for step in steps)
    note = f"{_percent(cached, sent)} of the input cached" if cached and sent else ""
    exact = f"{sent:,} in, {answered:,} out"
    return Card("tokens", "Tokens", formats.count_short(sent + answered), note, exact)


def _errors(tree: Tree) -> Card:
    errors = sum(node.errors for node in tree.roots)
    recovered = 0
    for node in tree.nodes:
        if node.role is Role.ATTEMPTS:
            failed = [child.step is not None and child.step.is_error for child in node.children]
            recovered += sum(failed) if not failed[-1] else 0
    note = ""
    if recovered:
        note = "retried, recovered" if recovered == errors else f"{recovered:,} recovered by a retry"
    return Card("errors", "Errors", formats.count_short(errors), note, f"{errors:,}")


def _users(steps: Sequence[Step]) -> Card:
    users = sorted({step.user_id for step in steps if step.user_id})
    first = min((step for step in steps if step.user_id), default=None)
    more = f"and {len(users) - 1:,} more" if len(users) > 1 else ""
    return Card("user", "User", first.user_id if first else formats.NOTHING, more, ", ".join(users[:50]))


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"
