"""What a node of a session's tree is called."""

from ingest_app.events import SpanKind
from requests_app import statuses
from sessions_app.tree import Node, Role, Step

TOP = "/"


def label_of(node: Node) -> str:
    """Returns a node's name: its span's below a span, else the last part of its path."""
    step = (node.children[0] if node.role is Role.ATTEMPTS else node).step
    part = "/" + node.path.rpartition("/")[2] if node.path else ""
    if step is None:
        return part
    if node.is_below_span:
        return step.span_name or part or _what(step)
    return part or step.span_name or TOP


def detail_of(node: Node) -> str:
    """Returns what else a row says of a node: the model or the tool, and how it ended if not well."""
    if node.role is Role.ATTEMPTS:
        last = node.children[-1].step
        outcome = "failed" if last is None or last.is_error else "recovered"
        return f"{_what(last)} · {len(node.children)} attempts, {outcome}" if last else outcome
    if node.step is None:
        return ""
    what = _what(node.step)
    words = [] if what == label_of(node) else [what]
    if node.step.is_error:
        words.append(failure_of(node.step))
    return " · ".join(words)


def failure_of(step: Step) -> str:
    """Returns how a step failed: `429 rate limited`, `cancelled`."""
    words = statuses.words(step.status)
    return f"{words.label} {words.title.lower()}" if words.label.isdecimal() else words.label


def _what(step: Step) -> str:
    if step.kind == SpanKind.MODEL:
        return step.model or step.provider or "unknown model"
    return step.span_name or step.model or KIND_LABELS[step.kind]


KIND_LABELS: dict[str, str] = {
    SpanKind.MODEL: "model",
    SpanKind.TOOL: "tool",
    SpanKind.VECTOR_SEARCH: "vector search",
    SpanKind.DATABASE: "database",
    SpanKind.HTTP: "HTTP",
    SpanKind.AGENT: "agent",
    SpanKind.DATA: "data",
}
