"""What became of the records of an import, and what of them has no place here."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from helicone_site.formats import count

MAX_EXAMPLES = 20


class Skipped(Exception):
    """A record is no request, or one that cannot be kept. `str()` of it says why."""


class Report:
    """Counts, as they are told at the end; a copy of them goes with each place to go on from."""

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        kept = kept or {}
        self.imported = int(kept.get("imported", 0))
        self.already_there = int(kept.get("already_there", 0))
        self.skipped: Counter[str] = Counter(kept.get("skipped", {}))
        self.examples: list[str] = list(kept.get("examples", []))
        self.lost: Counter[str] = Counter(kept.get("lost", {}))
        self.remarks: Counter[str] = Counter(kept.get("remarks", {}))

    def skip(self, at: str, reason: str) -> None:
        """Note a record that is left out, and where it is."""
        self.skipped[reason] += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(f"{at}: {reason}")

    def lose(self, what: str, number: int = 1) -> None:
        """Note what a record has and no request here can have."""
        self.lost[what] += number

    def remark(self, what: str) -> None:
        """Note what somebody may want to know of a request that was taken."""
        self.remarks[what] += 1

    @property
    def seen(self) -> int:
        """Returns how many requests are there by now."""
        return self.imported + self.already_there

    def as_json(self) -> dict[str, Any]:
        """Returns what the constructor takes."""
        return {
            "imported": self.imported,
            "already_there": self.already_there,
            "skipped": dict(self.skipped),
            "examples": list(self.examples),
            "lost": dict(self.lost),
            "remarks": dict(self.remarks),
        }

    def lines(self, *, is_dry: bool) -> Iterator[str]:
        """Yields the report, line by line."""
        yield f"{count(self.imported)} {'would be imported' if is_dry else 'imported'}"
        yield f"{count(self.already_there)} already there"
        yield f"{count(self.skipped.total())} skipped"
        yield from (f"  {count(number)}: {reason}" for reason, number in self.skipped.most_common())
        if self.examples:
            yield "where:"
            yield from (f"  {example}" for example in self.examples)
        for title, counted in (("to know:", self.remarks), ("could not be carried over:", self.lost)):
            if counted:
                yield title
                yield from (f"  {count(number)}: {what}" for what, number in counted.most_common())
