"""A session as its page shows it: the tree, the numbers on top, and what the page's script draws."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sessions_app.drawing import MODEL, Axis, ShownRow, drawn, first_rows
from sessions_app.labels import KIND_LABELS
from sessions_app.models import Session
from sessions_app.steps import MAX_STEPS, read_steps
from sessions_app.summary import Card, cards_of
from sessions_app.timing import Spans, idle_spans, mark_critical_path
from sessions_app.tree import Step, Tree, build_tree


@dataclass(frozen=True)
class ShownSession:
    """A session with its steps. `version` changes whenever a request is added to it, or one is erased."""

    session: Session
    steps: list[Step]
    tree: Tree
    axis: Axis
    idle: Spans
    version: str

    @cached_property
    def cards(self) -> list[Card]:
        """The numbers on top."""
        return cards_of(self.tree, self.steps, length_us=self.axis.length_us, idle=self.idle)

    @cached_property
    def rows(self) -> list[ShownRow]:
        """The rows that stand in the page before a script runs."""
        return first_rows(self.tree, self.axis)

    @property
    def is_cut(self) -> bool:
        """Whether there are more steps than a page shows."""
        return len(self.steps) >= MAX_STEPS and self.session.requests > len(self.steps)

    @property
    def hidden_rows(self) -> int:
        """How many rows more the script draws."""
        return len(self.tree.nodes) - len(self.rows)

    @property
    def length_ms(self) -> float:
        """From the first start to the last end."""
        return self.axis.length_us / 1000

    @property
    def legend(self) -> list[tuple[str, str]]:
        """The kinds of steps that there are, with their names."""
        there = {step.kind for step in self.steps}
        return [(kind or MODEL, label) for kind, label in KIND_LABELS.items() if kind in there]

    @property
    def has_errors(self) -> bool:
        """Whether any step failed."""
        return any(node.errors for node in self.tree.roots)

    def drawn(self) -> dict[str, Any]:
        """Returns all that the script draws and writes, for JSON."""
        return {
            "version": self.version,
            "is_cut": self.is_cut,
            "cards": [[card.key, card.text, card.note, card.exact] for card in self.cards],
            **drawn(self.tree, self.axis, self.idle),
        }


def version_of(session: Session) -> str:
    """Returns a name for what the session consists of now."""
    return f"{session.requests}-{session.ended_at.timestamp():.6f}"


def shown_session(session: Session) -> ShownSession:
    """Returns a session for its page, with all its steps read."""
    steps = read_steps(
        organization_id=session.organization_id,
        session_id=session.session_id,
        first_at=session.first_at,
        last_at=session.last_at,
    )
    tree = build_tree(steps)
    mark_critical_path(tree)
    return ShownSession(session, steps, tree, Axis.of(tree), idle_spans(tree), version_of(session))
