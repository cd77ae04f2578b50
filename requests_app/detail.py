"""One request as the drawer and its own page show it."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from gateway_app.catalog import CATALOG
from requests_app import copied, neighbours, statuses
from requests_app.actions import THUMB_DOWN, THUMB_UP
from requests_app.conversation import Conversation, conversation
from requests_app.kinds import kind_words
from requests_app.neighbours import Neighbour, Neighbours
from requests_app.queries import RequestDetail, RequestRow
from requests_app.request_diff import RequestDiff, request_diff
from requests_app.shown import (
    ShownJson,
    ShownMessage,
    ShownPart,
    find_part,
    shown_json,
    shown_messages,
    shown_part,
)
from requests_app.shown_step import ShownStep

TABS = {
    "conversation": "Conversation",
    "request": "Request",
    "response": "Response",
    "diff": "Diff",
    "cost": "Cost",
    "properties": "Properties",
    "timing": "Timing",
}
DEFAULT_TAB = "conversation"


@dataclass(frozen=True, slots=True)
class Tab:
    key: str
    label: str
    count: int | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class Timing:
    """Where the time went. Widths are percent of the whole latency, for the bar."""

    waiting_ms: int
    streaming_ms: int
    waiting_percent: float
    streaming_percent: float
    tokens_per_second: float | None


class DetailPage:
    """Made for one rendering; only the parts that the chosen tab asks for are worked out."""

    def __init__(
        self,
        detail: RequestDetail,
        *,
        base_url: str,
        tab: str,
        whole: str = "",
        plain: bool = False,
        may_edit: bool = False,
    ) -> None:
        self.detail = detail
        self.may_edit = may_edit
        self._base_url = base_url
        self.tab = tab if tab in TABS else DEFAULT_TAB
        self.is_plain = plain
        self._whole = whole

    @property
    def row(self) -> RequestRow:
        return self.detail.row

    @property
    def tabs(self) -> list[Tab]:
        counts = {"properties": len(self.row.properties) + len(self.row.scores)}
        shown = {key: label for key, label in TABS.items() if key != "diff" or self._has_diff}
        if self.row.kind:
            shown[DEFAULT_TAB] = kind_words(self.row.kind).label
        return [Tab(key, label, counts.get(key), key == self.tab) for key, label in shown.items()]

    @property
    def panel(self) -> str:
        """The template of the chosen tab."""
        name = "body" if self.tab in {"request", "response"} else self.tab
        return f"requests_app/_tab_{name}.html"

    @property
    def explanation(self) -> statuses.Explanation | None:
        if self.row.kind:
            return statuses.step_explanation(status=self.row.status, error=self.row.error)
        provider = CATALOG.by_name.get(self.row.provider)
        name = provider.label if provider else self.row.provider
        return statuses.explanation(status=self.row.status, error=self.row.error, provider=name)

    @cached_property
    def conversation(self) -> Conversation:
        return conversation(
            self.detail.request_body, self.detail.response_body, self.row.path, kind=self.row.kind
        )

    @property
    def shown_step(self) -> ShownStep | None:
        """The step that is no call of a model, None when there is a conversation to show."""
        return ShownStep(self.conversation.step) if self.conversation.step else None

    @property
    def title(self) -> str:
        """The model, or what the step is called."""
        row = self.row
        if not row.kind:
            return row.model or "unknown model"
        return row.span_name or row.model or kind_words(row.kind).label

    @cached_property
    def in_session(self) -> Neighbours:
        return neighbours.in_session(self.row)

    @cached_property
    def of_user(self) -> Neighbours:
        return neighbours.of_user(self.row)

    @cached_property
    def replays(self) -> list[Neighbour]:
        return neighbours.replays(self.row)

    @property
    def replayed(self) -> UUID | None:
        return neighbours.replayed(self.row)

    @property
    def is_liked(self) -> bool:
        return self.row.feedback == THUMB_UP

    @property
    def is_disliked(self) -> bool:
        return self.row.feedback == THUMB_DOWN

    @property
    def _has_diff(self) -> bool:
        return self.tab == "diff" or self.previous_call is not None

    @cached_property
    def previous_call(self) -> Neighbour | None:
        """The call of a model before this one in its session."""
        return neighbours.previous_call(self.row)

    @property
    def diff(self) -> RequestDiff | None:
        """What this request says that the one before it in its session did not; None when there is none before it."""
        before = neighbours.with_bodies(self.row, self.previous_call) if self.previous_call else None
        if before is None:
            return None
        earlier = conversation(before.request_body, before.response_body, before.row.path)
        return request_diff(
            earlier,
            self.conversation,
            before_body=before.request_body,
            after_body=self.detail.request_body,
        )

    @property
    def copy_forms(self) -> dict[str, str]:
        """Key and label of the forms in which the request can be copied."""
        return {key: label for key, (label, _) in copied.FORMS.items()}

    @property
    def messages(self) -> list[ShownMessage]:
        return shown_messages(self.conversation, whole=self._whole, plain=self.is_plain)

    def whole_part(self, key: str) -> ShownPart | None:
        """Returns the part named `key`, uncut."""
        part = find_part(self.conversation, key)
        return shown_part(part, key, whole=key, plain=True) if part else None

    @property
    def body(self) -> bytes | None:
        return self.detail.response_body if self.tab == "response" else self.detail.request_body

    @property
    def is_body_omitted(self) -> bool:
        return self.detail.response_omitted if self.tab == "response" else self.detail.request_omitted

    @property
    def body_bytes(self) -> int:
        return self.row.response_bytes if self.tab == "response" else self.row.request_bytes

    @property
    def is_body_cut(self) -> bool:
        return self.row.response_is_cut if self.tab == "response" else self.row.request_is_cut

    @property
    def kept_bytes(self) -> int:
        return len(self.body or b"")

    @property
    def is_cost_reported(self) -> bool:
        """Whether the provider told the cost itself, so that there are no prices behind it."""
        return bool(self.row.cost_nanodollars) and self.row.price_id is None

    @property
    def json(self) -> ShownJson | None:
        return shown_json(self.body) if self.body else None

    def copied_as(self, form: str) -> str:
        """Returns code that sends the request again. Raises KeyError for a form that is not in `copied.FORMS`."""
        _, write = copied.FORMS[form]
        row = self.row
        return write(
            copied.Target(self._base_url, row.provider, row.path, row.target_url, self.detail.request_body)
        )

    @property
    def timing(self) -> Timing:
        first = self.row.time_to_first_token_ms
        latency = max(self.row.latency_ms, 0)
        waiting = latency if first is None else min(first, latency)
        streaming = latency - waiting
        produced = self.row.completion_tokens
        return Timing(
            waiting_ms=waiting,
            streaming_ms=streaming,
            waiting_percent=round(100 * waiting / latency, 2) if latency else 100,
            streaming_percent=round(100 * streaming / latency, 2) if latency else 0,
            tokens_per_second=produced * 1000 / streaming if produced and streaming else None,
        )
