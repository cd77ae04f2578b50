"""Steps of made-up sessions, and the slow and plain way to say what tree they make."""

from typing import Any

from sessions_app.tree import Node, Role, Step

START_US = 1_790_000_000_000_000


def step(number: int, **changes: Any) -> Step:
    """Returns a step that starts `at_ms` (by default `number` hundred) milliseconds after `START_US`."""
    at_ms = changes.pop("at_ms", number * 100)
    fields: dict[str, Any] = {
        "start_us": START_US + at_ms * 1000,
        "id": f"{number:08x}-0000-7000-8000-000000000000",
        "latency_ms": 50,
        "first_token_ms": None,
        "path": "",
        "trace_id": "",
        "span_id": "",
        "parent_span_id": "",
        "kind": "",
        "span_name": "",
        "model": "gpt-4o",
        "provider": "openai",
        "status": 200,
        "is_error": False,
        "cost_nanodollars": None,
        "prompt_tokens": None,
        "completion_tokens": None,
        "cache_read_tokens": None,
        "user_id": "",
    }
    if changes.get("is_error"):
        fields["status"] = 429
    return Step(**fields | changes)


def names(nodes: list[Node]) -> list[Any]:
    """Returns the tree as nested lists: a leaf by its name, a node as [name, its children].

    A step's name is its number, a folder's its path, that of attempts "attempts".
    """
    return [[_name(node), names(node.children)] if node.children else _name(node) for node in nodes]


def _name(node: Node) -> Any:
    if node.step is not None:
        return int(node.step.id[:8], 16)
    return "attempts" if node.role is Role.ATTEMPTS else node.path


class Reference:
    """The tree without attempts as its rules say it, looking at all steps for every question."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = sorted(steps, key=lambda step: (step.start_us, step.id))
        self._above = {step.id: self._span_parent(step) for step in self._steps}
        self._cut_circles()
        self._placed = [step for step in self._steps if self._above[step.id] is None]
        paths = [_path(step) for step in self._placed]
        folders = {path[:end] for path in paths for end in range(1, len(path)) if path[end] == "/"}
        self._folders = sorted(path for path in folders if paths.count(path) != 1)

    def tree(self) -> list[Any]:
        """Returns what `names` returns."""
        return self._names(None)

    def _span_parent(self, step: Step) -> Step | None:
        span = (step.trace_id, step.parent_span_id)
        return next((s for s in self._steps if s.span_id and (s.trace_id, s.span_id) == span), None)

    def _cut_circles(self) -> None:
        for step in self._steps:  # so of each circle the earliest is met first
            seen = [step]
            while (above := self._above[seen[-1].id]) is not None and above not in seen:
                seen.append(above)
            if above is step:
                self._above[step.id] = None

    def _parent(self, node: Step | str) -> Step | str | None:
        if isinstance(node, str):
            return self._node_of(node.rpartition("/")[0])
        if (above := self._above[node.id]) is not None:
            return above
        path = _path(node)
        return path if path in self._folders else self._node_of(path.rpartition("/")[0])

    def _node_of(self, path: str) -> Step | str | None:
        if path in self._folders or not path:
            return path or None
        return next(step for step in self._placed if _path(step) == path)

    def _children(self, parent: Step | str | None) -> list[Step | str]:
        below = [node for node in [*self._steps, *self._folders] if self._parent(node) == parent]
        return sorted(below, key=lambda node: (self._start(node), node if isinstance(node, str) else node.id))

    def _start(self, node: Step | str) -> int:
        return self._first(node) if isinstance(node, str) else node.start_us

    def _first(self, node: Step | str) -> int:
        own = [] if isinstance(node, str) else [node.start_us]
        return min(own + [self._first(child) for child in self._children(node)])

    def _names(self, parent: Step | str | None) -> list[Any]:
        found: list[Any] = []
        for node in self._children(parent):
            name: Any = node if isinstance(node, str) else int(node.id[:8], 16)
            below = self._names(node)
            found.append([name, below] if below else name)
        return found


def _path(step: Step) -> str:
    return "".join(f"/{part}" for part in step.path.split("/") if part)
