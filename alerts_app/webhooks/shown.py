"""Webhooks and their deliveries as pages show them. Pure: no queries."""

from dataclasses import dataclass

from alerts_app.webhooks.models import Delivery, DeliveryState, Webhook
from alerts_app.webhooks.queries import WebhookNow
from alerts_app.webhooks.rounds import is_failing
from metrics_app.drawing import sparkline_path

# The filter of a webhook's page: name in the address, label, states.
STATES: dict[str, tuple[str, tuple[DeliveryState, ...]]] = {
    "": ("All", ()),
    "waiting": ("Waiting", (DeliveryState.PENDING,)),
    "failed": ("Failed", (DeliveryState.FAILED, DeliveryState.GIVEN_UP)),
    "delivered": ("Delivered", (DeliveryState.DELIVERED,)),
    "gone": ("Gone", (DeliveryState.GONE,)),
}
_TONES = {
    DeliveryState.PENDING: "",
    DeliveryState.FAILED: "badge-warn",
    DeliveryState.DELIVERED: "badge-good",
    DeliveryState.GIVEN_UP: "badge-bad",
    DeliveryState.GONE: "",
}


@dataclass(frozen=True, slots=True)
class State:
    """A state in a word or two, and the class of its badge."""

    label: str
    tone: str


@dataclass(frozen=True, slots=True)
class ShownWebhook:
    """A webhook of the list."""

    webhook: Webhook
    state: State
    delivered: int
    failed: int
    waiting: int
    delivered_spark: str
    failed_spark: str

    @property
    def is_failing(self) -> bool:
        """Returns whether its attempts are made one at a time."""
        return is_failing(self.webhook)

    @property
    def sample(self) -> str:
        """Returns the sample rate, `100 %` or `12.5 %`."""
        return f"{self.webhook.sample_rate_percent:g} %"


def shown_webhook(now: WebhookNow) -> ShownWebhook:
    """Returns what is shown of a webhook."""
    lately = now.lately
    return ShownWebhook(
        webhook=now.webhook,
        state=webhook_state(now.webhook),
        delivered=lately.delivered,
        failed=lately.failed,
        waiting=now.waiting,
        delivered_spark=sparkline_path([ok for ok, _ in lately.course]) if lately.delivered else "",
        failed_spark=sparkline_path([bad for _, bad in lately.course]) if lately.failed else "",
    )


def webhook_state(webhook: Webhook) -> State:
    """Returns whether a webhook sends, in a word or two."""
    if webhook.disabled_at:
        return State("Switched off", "badge-bad")
    if webhook.is_paused:
        return State("Paused", "")
    if is_failing(webhook):
        return State("Failing", "badge-warn")
    return State("Active", "badge-good")


def delivery_state(delivery: Delivery) -> State:
    """Returns what a delivery is at."""
    state = DeliveryState(delivery.state)
    return State(state.label, _TONES[state])
