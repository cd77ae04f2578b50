"""What a notice says, before it is known to whom and by what."""

from dataclasses import dataclass

from alerts_app.notices.models import NoticeKind as Kind

__all__ = ["Kind", "Message", "Outcome"]


@dataclass(frozen=True, slots=True)
class Message:
    """A notice for people, in plain text: `title` is one line, `text` a few sentences."""

    kind: Kind
    title: str
    text: str
    path: str  # of the page behind it, below the site's address: "/o/…"; "" for none
    facts: tuple[tuple[str, str], ...] = ()  # label, value: shown as a table
    thread_key: str = ""  # the same for firing and resolved of one incident


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of sending something to a receiver, in words for people."""

    is_delivered: bool
    text: str
