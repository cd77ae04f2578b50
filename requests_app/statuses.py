"""Statuses in words: HTTP's, and the negative ones of requests that ended without an answer."""

from dataclasses import dataclass
from typing import NamedTuple

CANCELLED = -3
STREAM_TIMED_OUT = -2
STREAM_BROKE_OFF = -100


def is_failure(status: int) -> bool:
    """Returns whether a request of this status did not get its answer."""
    return status >= 400 or status < 0


def status_class(status: int) -> str:
    """Returns success, 4xx, 5xx, cancelled, or failed for what ended otherwise without an answer."""
    if status == CANCELLED:
        return "cancelled"
    if status >= 400:
        return "5xx" if status >= 500 else "4xx"
    return "success" if status >= 200 else "failed"


# In the order in which they are drawn.
STATUS_CLASSES = ("success", "4xx", "5xx", "cancelled", "failed")


class Explanation(NamedTuple):
    """What went wrong, and what it usually takes. `tone` is warn or bad."""

    tone: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class StatusWords:
    """How a status is shown: `label` in the badge, `title` on hover; the tone only repeats what they say."""

    label: str
    title: str
    tone: str


_WITHOUT_ANSWER = {
    CANCELLED: StatusWords(
        "cancelled", "The client closed the connection before the answer was complete", "warn"
    ),
    STREAM_TIMED_OUT: StatusWords("timed out", "The stream went silent for too long", "bad"),
    STREAM_BROKE_OFF: StatusWords(
        "broke off", "The provider's stream ended before the answer was complete", "bad"
    ),
}
_NAMES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    408: "Timed out",
    413: "Too large",
    422: "Not processable",
    429: "Rate limited",
    500: "Server error",
    502: "Bad gateway",
    503: "Unavailable",
    504: "Gateway time-out",
    529: "Overloaded",
}
_OF_GATEWAY = {
    "upstream_unreachable": Explanation(
        "bad",
        "The gateway could not reach {provider}",
        "No connection came about, or it broke before the answer began. The provider never saw the request, or "
        "its answer was lost on the way: check the network of this server and the provider's status page.",
    ),
    "upstream_timeout": Explanation(
        "bad",
        "{provider} did not answer in time",
        "The gateway waited for the first byte of the answer and gave up.",
    ),
    "missing_provider_key": Explanation(
        "warn",
        "No key for {provider}",
        "The client sent only a Helicone key, and no key of the provider is stored for this organization. "
        "Store one on the Providers page.",
    ),
    "budget_exceeded": Explanation(
        "warn",
        "A budget blocked the request",
        "What it may cost at most is more than what a budget of this organization has left; the provider never saw it. "
        "The answer names the budget, which the Budgets page shows.",
    ),
    "rate_limited": Explanation(
        "warn",
        "A rate limit refused the request",
        "It was one too many in its window of time; the provider never saw it. The answer names the policy: that of "
        "the request itself, or one of the Rate limits page.",
    ),
    "limits_unavailable": Explanation(
        "bad",
        "Nobody could say what was spent",
        "A budget or rate limit of this organization refuses requests while Redis does not answer, or is told anew "
        "what was spent; the provider never saw the request.",
    ),
    "request_too_large": Explanation(
        "warn",
        "The request is too large",
        "The gateway refused it because of its size; the provider never saw it.",
    ),
}
_OF_STATUS = {
    CANCELLED: Explanation(
        "warn",
        "The client cancelled",
        "It closed the connection before the answer was complete. Shown is what had arrived until then; the "
        "provider may have charged for more.",
    ),
    STREAM_TIMED_OUT: Explanation(
        "bad",
        "The stream went silent",
        "{provider} sent nothing for too long, so the gateway ended the stream.",
    ),
    STREAM_BROKE_OFF: Explanation(
        "bad",
        "The stream broke off",
        "{provider} closed the connection in the middle of its answer. The client got what is shown.",
    ),
    400: Explanation(
        "warn", "{provider} refused the request (400)", "Something in it is not valid for this model."
    ),
    401: Explanation("warn", "{provider} did not accept the key (401)", "It is missing, wrong or revoked."),
    403: Explanation("warn", "{provider} refused access (403)", "The key may not use this model or feature."),
    404: Explanation(
        "warn", "{provider} does not know this (404)", "Usually the model's name, or the path, is wrong."
    ),
    413: Explanation(
        "warn", "Too large for {provider} (413)", "Shorten the request, or send fewer attachments."
    ),
    429: Explanation(
        "warn",
        "{provider} answered 429: rate limited",
        "Too many requests or tokens at once, or the quota is used up. Retry with a growing pause, or raise the limit.",
    ),
    503: Explanation("bad", "{provider} is unavailable (503)", "The provider asks to come back later."),
    529: Explanation("bad", "{provider} is overloaded (529)", "The provider asks to come back later."),
}


def words(status: int) -> StatusWords:
    """Returns how `status` is shown."""
    if status in _WITHOUT_ANSWER:
        return _WITHOUT_ANSWER[status]
    if 200 <= status < 400:
        return StatusWords(str(status), "Success", "good")
    if 400 <= status < 500:
        return StatusWords(str(status), _NAMES.get(status, "Client error"), "warn")
    if status >= 500:
        return StatusWords(str(status), _NAMES.get(status, "Server error"), "bad")
    return StatusWords("failed", f"Failed without an answer ({status})", "bad")


def step_explanation(*, status: int, error: str) -> Explanation | None:
    """Returns that a step failed which is no call of a model, or None after a success. The page says how."""
    if 200 <= status < 400 and not error:
        return None
    return Explanation("bad", "This step failed", "" if error else f"It ended with the status {status}.")


def explanation(*, status: int, error: str, provider: str) -> Explanation | None:
    """Returns what went wrong in plain words, or None after a success.

    `error` is the row's: a code of the gateway's own errors, or what the provider said.
    """
    succeeded = 200 <= status < 400
    if succeeded and not error:
        return None
    if succeeded:
        found = Explanation(
            "bad", "{provider} reported an error inside its answer", "The status had been sent before."
        )
    elif error in _OF_GATEWAY:
        found = _OF_GATEWAY[error]
    elif status in _OF_STATUS:
        found = _OF_STATUS[status]
    elif status >= 500:
        found = Explanation(
            "bad", f"{{provider}} failed ({status})", "The fault is on the provider's side; retry later."
        )
    else:
        found = Explanation("warn", f"{{provider}} answered {status}", "The request was not carried out.")
    name = provider or "The provider"
    return Explanation(
        found.tone, found.title.replace("{provider}", name), found.text.replace("{provider}", name)
    )
