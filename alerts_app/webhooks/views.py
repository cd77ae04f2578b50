"""The Webhooks pages of an organization, below /o/<organization>/webhooks/."""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.forms import BaseFormSet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from accounts_app.secrets import UndecryptableSecret
from alerts_app.webhooks import actions, queries
from alerts_app.webhooks.delivery import UNREADABLE_KEY, deliver
from alerts_app.webhooks.forms import (
    PropertyFilterForm,
    PropertyFilterFormSet,
    WebhookForm,
    initial_of,
    property_filters,
)
from alerts_app.webhooks.models import Delivery, Webhook
from alerts_app.webhooks.payload import EXAMPLE, SIGNATURE_HEADER, encoded
from alerts_app.webhooks.samples import samples
from alerts_app.webhooks.shown import STATES, State, delivery_state, shown_webhook
from alerts_app.webhooks.signing import ATTEMPT_HEADER, ID_HEADER, TIMESTAMP_HEADER, V2_HEADER
from alerts_app.webhooks.targets import BadTarget
from requests_app.paging import BadCursor
from requests_app.shown import shown_json
from requests_app.views import PageRequest

INVALID = 422


class ShownDelivery(NamedTuple):
    """A row of a webhook's deliveries."""

    delivery: Delivery
    state: State


@require_GET
@organization_view(role=Role.VIEWER)
def webhook_list(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """All webhooks, and how they fare."""
    found = queries.webhooks_now(organization.pk, timezone.now())
    context = _context(request, organization) | {"webhooks": [shown_webhook(one) for one in found]}
    return render(request, "alerts_app/webhooks/list.html", context)


@require_http_methods(["GET", "POST"])
@organization_view(role=Role.ADMIN)
def webhook_create(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """A form for a new one; 422 when it cannot be."""
    form = WebhookForm(request.POST or None)
    filters = PropertyFilterFormSet(request.POST or None, prefix="filters")

    def create(**said: Any) -> Webhook:
        return actions.create_webhook(organization=organization, **said)

    webhook = _saved(request, form, filters, create)
    if webhook is None:
        return _form_page(request, organization, form, filters)
    messages.success(request, f"{webhook.host} is told of each request from now on that matches.")
    return redirect("alerts:webhook", organization.slug, webhook.id)


@require_http_methods(["GET", "POST"])
@organization_view(role=Role.ADMIN)
def webhook_edit(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """A form to change one; 422 when it cannot be."""
    webhook = _webhook_or_404(organization, id)
    form = WebhookForm(request.POST or None, initial=initial_of(webhook))
    filters = PropertyFilterFormSet(
        request.POST or None, prefix="filters", initial=list(webhook.property_filters)
    )

    def change(**said: Any) -> Webhook:
        actions.change_webhook(webhook=webhook, **said)
        return webhook

    if _saved(request, form, filters, change) is None:
        return _form_page(request, organization, form, filters, webhook)
    messages.success(request, "The webhook is saved. What waits already is sent as it says now.")
    return redirect("alerts:webhook", organization.slug, webhook.id)


@require_GET
@vary_on_headers("HX-Request")
@organization_view(role=Role.VIEWER)
def webhook_detail(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """One webhook with its deliveries; for htmx these alone."""
    is_partial = bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request
    return _detail_page(request, organization, _webhook_or_404(organization, id), is_partial=is_partial)


@require_GET
@organization_view(role=Role.VIEWER)
def webhook_delivery(
    request: MemberRequest, *, organization: Organization, id: UUID, delivery_id: UUID
) -> HttpResponse:
    """One delivery: each attempt, and what would be sent now."""
    webhook = _webhook_or_404(organization, id)
    delivery = _delivery_or_404(webhook, delivery_id)
    context = _context(request, organization) | {
        "webhook": webhook,
        "delivery": delivery,
        "state": delivery_state(delivery),
        "attempts": queries.attempts_of(delivery),
        "headers": (
            (ID_HEADER, str(delivery.id)),
            (ATTEMPT_HEADER, str(delivery.attempts + 1)),
            (TIMESTAMP_HEADER, "when it is sent, in Unix seconds"),
            (SIGNATURE_HEADER, "HMAC-SHA-256 of the body"),
            (V2_HEADER, "time, id and HMAC-SHA-256 of both and the body"),
        ),
    }
    try:
        payload = queries.payload_of(delivery)
        context |= {"json": shown_json(payload) if payload else None, "bytes": len(payload or b"")}
    except UndecryptableSecret:
        context["payload_problem"] = "The request's bodies cannot be read: HELICONE_SECRET_KEY was changed."
    return render(request, "alerts_app/webhooks/delivery.html", context)


@require_POST
@organization_view(role=Role.ADMIN)
def webhook_delivery_send(
    request: MemberRequest, *, organization: Organization, id: UUID, delivery_id: UUID
) -> HttpResponse:
    """Send one delivery again."""
    delivery = _delivery_or_404(_webhook_or_404(organization, id), delivery_id)
    if actions.send_again(delivery=delivery):
        messages.success(request, "It is sent again, under the same delivery id.")
    else:
        messages.error(request, "The request is no longer kept, so that nothing can be told of it.")
    return redirect("alerts:webhook-delivery", organization.slug, id, delivery_id)


@require_POST
@organization_view(role=Role.ADMIN)
def webhook_test(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Send an invented request at once, and say what came of it. Takes ten seconds at most."""
    webhook = _webhook_or_404(organization, id)
    outcome = deliver(webhook, encoded(EXAMPLE, includes_data=webhook.includes_data))
    tell = messages.success if outcome.is_delivered else messages.error
    tell(request, f"Test: {outcome.text} It took {outcome.duration_ms:,} ms.")
    return redirect("alerts:webhook", organization.slug, webhook.id)


@never_cache
@require_http_methods(["GET", "POST"])
@organization_view(role=Role.ADMIN)
def webhook_key(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """The webhook's page with its signing key on it; on GET, as after a reload, without."""
    webhook = _webhook_or_404(organization, id)
    if request.method == "GET":
        return redirect("alerts:webhook", organization.slug, webhook.id)
    try:
        return _detail_page(request, organization, webhook, signing_key=queries.signing_key(webhook))
    except UndecryptableSecret:
        messages.error(request, UNREADABLE_KEY)
        return redirect("alerts:webhook", organization.slug, webhook.id)


@require_POST
@organization_view(role=Role.ADMIN)
def webhook_rotate(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Sign with a new key. It is not shown at once: whoever reloads that page would make another."""
    actions.rotate_signing_key(webhook=_webhook_or_404(organization, id))
    messages.success(request, "There is a new signing key. Show it, and give it to your receiver now.")
    return redirect("alerts:webhook", organization.slug, id)


@require_POST
@organization_view(role=Role.ADMIN)
def webhook_pause(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Send nothing for now."""
    actions.pause_webhook(webhook=_webhook_or_404(organization, id))
    messages.success(request, "Paused. It is not told of what is logged from now on.")
    return redirect("alerts:webhook", organization.slug, id)


@require_POST
@organization_view(role=Role.ADMIN)
def webhook_resume(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Send again; with the field `failed` what failed, too."""
    sends_failed_again = "failed" in request.POST
    actions.resume_webhook(webhook=_webhook_or_404(organization, id), sends_failed_again=sends_failed_again)
    more = " What failed is sent again." if sends_failed_again else ""
    messages.success(request, f"It is told of requests again.{more}")
    return redirect("alerts:webhook", organization.slug, id)


@require_POST
@organization_view(role=Role.ADMIN)
def webhook_send_failed(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Send all again that failed."""
    number = actions.send_failed_again(webhook=_webhook_or_404(organization, id))
    messages.success(request, f"{number:,} deliver{'y is' if number == 1 else 'ies are'} sent again.")
    return redirect("alerts:webhook", organization.slug, id)


@require_POST
@organization_view(role=Role.ADMIN)
def webhook_delete(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Tell the destination of nothing more."""
    webhook = _webhook_or_404(organization, id)
    actions.delete_webhook(webhook=webhook)
    messages.success(request, f"The webhook to {webhook.host} is deleted.")
    return redirect("alerts:webhooks", organization.slug)


def _saved(
    request: MemberRequest,
    form: WebhookForm,
    filters: "BaseFormSet[PropertyFilterForm]",
    save: Callable[..., Webhook],
) -> Webhook | None:
    """Returns what `save` made of the forms, None when they are not (yet) filled in as they should be."""
    if request.method != "POST" or not (form.is_valid() & filters.is_valid()):
        return None
    try:
        return save(**form.cleaned_data, property_filters=property_filters(filters.cleaned_data))
    except BadTarget as error:
        form.add_error("destination", str(error))
        return None


def _form_page(
    request: MemberRequest,
    organization: Organization,
    form: WebhookForm,
    filters: "BaseFormSet[PropertyFilterForm]",
    webhook: Webhook | None = None,
) -> HttpResponse:
    context = _context(request, organization) | {"form": form, "filters": filters, "webhook": webhook}
    return render(
        request, "alerts_app/webhooks/form.html", context, status=INVALID if request.method == "POST" else 200
    )


def _detail_page(
    request: MemberRequest,
    organization: Organization,
    webhook: Webhook,
    *,
    is_partial: bool = False,
    signing_key: str = "",
) -> HttpResponse:
    chosen = request.GET.get("state", "")
    _, states = STATES.get(chosen, STATES[""])
    try:
        page = queries.deliveries(webhook, states=states, cursor=request.GET.get("cursor"))
    except BadCursor as error:
        raise Http404 from error
    context = _context(request, organization) | {
        "shown": shown_webhook(queries.webhook_now(organization.pk, webhook.id, timezone.now())),
        "page": page,
        "deliveries": [ShownDelivery(one, delivery_state(one)) for one in page.rows],
        "chosen": chosen,
        "states": [(name, label) for name, (label, _) in STATES.items()],
        "signing_key": signing_key,
        "previous_key_ends_at": queries.previous_key_ends_at(webhook),
        "samples": samples(),
    }
    name = "_deliveries" if is_partial else "detail"
    return render(request, f"alerts_app/webhooks/{name}.html", context)


def _webhook_or_404(organization: Organization, id: UUID) -> Webhook:
    try:
        return queries.webhook_of(organization.pk, id)
    except queries.WebhookNotFound as error:
        raise Http404 from error


def _delivery_or_404(webhook: Webhook, id: UUID) -> Delivery:
    try:
        return queries.delivery_of(webhook, id)
    except queries.DeliveryNotFound as error:
        raise Http404 from error


def _context(request: MemberRequest, organization: Organization) -> dict[str, Any]:
    return {
        "organization": organization,
        "may_manage": request.membership.role >= Role.ADMIN,
        "most_counted": queries.COUNTED_AT_MOST,
    }
