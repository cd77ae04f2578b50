"""Dead letters tried again by hand, with the outcome in words for whoever asked."""

from dataclasses import dataclass

import structlog

from ingest_app.dead_letters import NoSuchLetter, newest
from ingest_app.writer import retry

log = structlog.get_logger(__name__)

MAX_REASON_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many letters were stored, and for each other one why not."""

    stored: int
    reasons: list[str]


def try_again(*, organization_id: int, id: int) -> str | None:
    """Returns None once the event is stored, else one line that says why not; then the letter stays.

    Raises NoSuchLetter.
    """
    try:
        retry(organization_id=organization_id, dead_letter_id=id)
    except NoSuchLetter:
        raise
    except Exception as error:
        # Whatever made it a dead letter may be raised again: that is the answer, not a failure of the page.
        log.exception("dead letter cannot be stored", dead_letter=id)
        first_line = next(iter(str(error).splitlines()), "")
        return f"{type(error).__name__}: {first_line}"[:MAX_REASON_CHARACTERS]
    return None


def try_newest_again(*, organization_id: int, limit: int) -> Outcome:
    """Try the newest `limit` letters, each in a transaction of its own."""
    stored, reasons = 0, []
    for letter in newest(organization_id, limit):
        try:
            reason = try_again(organization_id=organization_id, id=letter.id)
        except NoSuchLetter:
            continue  # somebody else has just dealt with it
        if reason is None:
            stored += 1
        else:
            reasons.append(reason)
    return Outcome(stored, reasons)
