"""Which history a request goes on with, and what it changed in it: kept, left out, rewritten, or asked again."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from uuid import UUID

from sessions_app.said import Saying, Spoken, Thread, aligned, common_length

# More conversations than these are not kept in mind: which one a request goes on with is asked of each.
MAX_THREADS = 24


class ChangeKind(StrEnum):
    AGAIN = "again"  # the same messages once more
    ANSWER = "answer"  # the answer was left out, or changed, before it was sent on
    LEFT_OUT = "left_out"  # a part of the history is gone
    REWRITTEN = "rewritten"  # something else stands in the place of a part of the history: a summary, an edit
    PARALLEL = "parallel"  # goes another way while the request before is still running


@dataclass(frozen=True, slots=True)
class Change:
    """What a request did to its history. `gone` and `instead` count messages."""

    kind: ChangeKind
    gone: int = 0
    instead: int = 0


@dataclass(slots=True)
class Placed:
    """Where a request belongs, and what of its dialog was said before. `before` is whose instructions it repeats."""

    thread: Thread
    repeated: set[Saying]
    before: Spoken | None
    change: Change | None = None


class _Fit(IntEnum):
    """How well a request goes on with a history."""

    NONE = 0
    ALIKE = 1  # begins as that one did, and is another conversation
    CUT = 2  # a part of the history is missing
    ASKED = 3  # all that was asked is there, but not the answer
    GOES_ON = 4


@dataclass(slots=True)
class _Match:
    fit: _Fit
    thread: Thread
    again: list[tuple[int, int]] = field(default_factory=list)  # places in the dialog, and in what was said
    said: list[Saying] = field(default_factory=list)  # what was asked and answered until then


class Histories:
    """The conversations of a session so far.

    `threads` are they, the latest last: another list after each request, so that the one before can be kept.
    """

    def __init__(self, threads: list[Thread]) -> None:
        self.threads = threads

    def place(self, spoken: Spoken, *, path: str, start_us: int, end_us: int, request_id: UUID) -> Placed:
        """Returns where a request that says this belongs, and keeps in mind what it says."""
        matches = [_match(thread, spoken, path) for thread in reversed(self.threads)]
        best = max(matches, key=lambda match: _rank(match, spoken, path), default=None)
        if best is None or best.fit <= _Fit.ALIKE:
            placed = self._started(best, spoken, path)
        else:
            placed = self._continued(best, spoken, path, start_us)
        thread = placed.thread
        thread.request_id, thread.ended_us = request_id, end_us
        self.threads = [*self.threads, thread][-MAX_THREADS:]
        return placed

    def _started(self, alike: _Match | None, spoken: Spoken, path: str) -> Placed:
        repeated = {spoken.dialog[at] for at, _ in alike.again} if alike is not None else set()
        known = next(
            (thread.spoken for thread in reversed(self.threads) if _same_system(thread.spoken, spoken)), None
        )
        return Placed(self._thread(path, spoken, len(spoken.dialog)), repeated, known)

    def _continued(self, match: _Match, spoken: Spoken, path: str, start_us: int) -> Placed:
        old = match.thread
        repeated = {spoken.dialog[at] for at, _ in match.again}
        change = _change(match, spoken, is_running=old.ended_us > start_us)
        if change is not None and change.kind is ChangeKind.PARALLEL:
            thread = self._thread(path, spoken, old.first_length)
            return Placed(thread, repeated, old.spoken, change)
        if match.fit >= _Fit.ASKED:
            # What goes on takes its place; a history that was cut is kept besides.
            self.threads = [thread for thread in self.threads if thread is not old]
        before = old.spoken
        if change is not None and change.kind is ChangeKind.AGAIN:
            spoken.answers = [*before.answers, *spoken.answers]
        thread = Thread(path, old.number, old.first_length, spoken, old.request_id, old.ended_us)
        return Placed(thread, repeated, before, change)

    def _thread(self, path: str, spoken: Spoken, first_length: int) -> Thread:
        number = 1 + max((thread.number for thread in self.threads if thread.path == path), default=0)
        return Thread(path, number, first_length, spoken, UUID(int=0), 0)


def _match(thread: Thread, spoken: Spoken, path: str) -> _Match:
    asked, dialog = thread.spoken.dialog, spoken.dialog
    length = common_length(asked, dialog)
    prefix = [(at, at) for at in range(length)]
    is_foreign = thread.path != path and not _same_system(thread.spoken, spoken)
    if length == len(asked) and asked:
        rest = dialog[length:]
        answers = [(aligned(rest[: len(answer) + 1], answer), answer) for answer in thread.spoken.answers]
        again, answer = max(answers, key=lambda found: len(found[0]), default=([], []))
        goes_on = bool(rest) and (bool(again) or not (thread.spoken.answers or is_foreign))
        fit = _Fit.GOES_ON if goes_on else _Fit.ALIKE if is_foreign else _Fit.ASKED
        in_answer = [(length + at, length + place) for at, place in again]
        return _Match(fit, thread, prefix + in_answer, asked + answer)
    said = asked + (thread.spoken.answers[-1] if thread.spoken.answers else [])
    kept = [(length + at, length + place) for at, place in aligned(dialog[length:], said[length:])]
    reaches = max([length, *(place + 1 for _, place in kept)])
    if not is_foreign and reaches > thread.first_length and (length or thread.path == path):
        return _Match(_Fit.CUT, thread, prefix + kept, said)
    return _Match(_Fit.ALIKE if length else _Fit.NONE, thread, prefix, said)


def _rank(match: _Match, spoken: Spoken, path: str) -> tuple[int, bool, bool, int]:
    same_system = _same_system(match.thread.spoken, spoken)
    return match.fit, same_system, match.thread.path == path, len(match.again)


def _change(match: _Match, spoken: Spoken, *, is_running: bool) -> Change | None:
    if match.fit is _Fit.GOES_ON:
        return None
    repeated = {at for at, _ in match.again}
    fresh = [saying for at, saying in enumerate(spoken.dialog) if at not in repeated]
    if match.fit is _Fit.ASKED:
        return Change(ChangeKind.ANSWER) if fresh else Change(ChangeKind.AGAIN)
    if is_running:
        return Change(ChangeKind.PARALLEL)
    kept = {place for _, place in match.again}
    gone = len({saying.message for place, saying in enumerate(match.said) if place not in kept})
    last_again = max(repeated, default=-1)
    within = [saying for at, saying in enumerate(spoken.dialog) if at not in repeated and at < last_again]
    instead = len({saying.message for saying in (within or (fresh if _ends_before(match) else []))})
    kind = ChangeKind.REWRITTEN if instead else ChangeKind.LEFT_OUT
    return Change(kind, gone, instead)


def _ends_before(match: _Match) -> bool:
    """Returns whether the last of what was said is not among what is said again: new words stand in its place."""
    return not match.again or match.again[-1][1] < len(match.said) - 1


def _same_system(one: Spoken, other: Spoken) -> bool:
    return [saying.key for saying in one.system] == [saying.key for saying in other.system]
