"""Where notices go: the channels of an organization, below /o/<organization>/alerts/channels/."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from accounts_app.secrets import UndecryptableSecret
from alerts_app.notices import actions, queries
from alerts_app.notices.actions import Kind, Message, NameTaken, Outcome
from alerts_app.notices.config import Config, config_of
from alerts_app.notices.forms import FORMS, ChannelForm
from alerts_app.notices.kinds import KINDS
from alerts_app.notices.models import Channel, ChannelKind
from alerts_app.notices.senders.catalog import SERVICES, Service

INVALID = 422
TOO_MANY = 429
SECONDS_BETWEEN_TESTS = 2
TOO_SOON = Outcome(False, f"Not sent: one test every {SECONDS_BETWEEN_TESTS} seconds. Try again in a moment.")


@require_GET
@organization_view(role=Role.VIEWER)
def channel_list(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """All channels, and what was sent lately."""
    return _list_page(request, organization)


@never_cache
@sensitive_post_parameters("url", "key")
@require_http_methods(["GET", "POST"])
@organization_view(role=Role.ADMIN)
def channel_create(request: MemberRequest, *, organization: Organization, kind: str) -> HttpResponse:
    """Make a channel of a kind. The signing key of a webhook is shown in the answer, and nowhere else."""
    if kind not in ChannelKind.values:
        raise Http404(f"No channel {kind}.")
    chosen = ChannelKind(kind)
    form = FORMS[chosen](request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            channel = actions.create_channel(
                organization=organization,
                name=form.cleaned_data["name"],
                kind=chosen,
                config=form.config(),
                actor=request.user,
            )
        except NameTaken:
            _refuse_name(form)
        else:
            if chosen is ChannelKind.WEBHOOK:
                return _key_page(request, organization, channel, config_of(channel).key)
            messages.success(
                request, f"“{channel.name}” is ready. Alerts and budgets can tell it from now on."
            )
            return redirect("alerts:channels", organization.slug)
    return _form_page(request, organization, form, chosen)


@never_cache
@sensitive_post_parameters("url", "key")
@require_http_methods(["GET", "POST"])
@organization_view(role=Role.ADMIN)
def channel_edit(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Change a channel. What is secret is taken in here and not shown."""
    channel = _channel_or_404(organization, id)
    kind = ChannelKind(channel.kind)
    current = _current(channel)
    initial = {"name": channel.name, "is_active": channel.is_active}
    if current is not None:
        initial |= {"emails": current.emails, "region": current.region}
    form = FORMS[kind](request.POST or None, current=current, is_new=False, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_channel(
                channel=channel,
                name=form.cleaned_data["name"],
                config=form.config(),
                is_active=form.cleaned_data["is_active"],
            )
        except NameTaken:
            _refuse_name(form)
        else:
            messages.success(request, f"“{channel.name}” is changed.")
            return redirect("alerts:channels", organization.slug)
    return _form_page(request, organization, form, kind, channel)


@never_cache
@require_POST
@organization_view(role=Role.ADMIN)
def channel_key(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Give a webhook channel a new signing key, which is shown in the answer, and nowhere else."""
    channel = _channel_or_404(organization, id)
    if channel.kind != ChannelKind.WEBHOOK:
        raise Http404("Only webhooks sign.")
    try:
        key = actions.renew_signing_key(channel=channel)
    except UndecryptableSecret:
        messages.error(request, "Its address cannot be read any more. Enter it again first.")
        return redirect("alerts:channel-edit", organization.slug, channel.pk)
    return _key_page(request, organization, channel, key)


@require_POST
@organization_view(role=Role.ADMIN)
def channel_delete(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Also fine when it was deleted in another tab."""
    channel = queries.channels(organization.pk).filter(pk=id).first()
    if channel is not None:
        actions.delete_channel(channel=channel)
        messages.success(request, f"“{channel.name}” is deleted.")
    return redirect("alerts:channels", organization.slug)


@require_POST
@organization_view(role=Role.ADMIN)
def channel_test(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Answers with what came of one message: for htmx alone, else in the page. 429 when too soon."""
    channel = _channel_or_404(organization, id)
    may_test = cache.add(f"channel-test:{organization.pk}", True, timeout=SECONDS_BETWEEN_TESTS)
    outcome = (
        actions.send_now(channel=channel, message=_test(organization, channel)) if may_test else TOO_SOON
    )
    status = 200 if may_test else TOO_MANY
    if getattr(request, "htmx", False):
        return render(request, "alerts_app/notices/_outcome.html", {"outcome": outcome}, status=status)
    return _list_page(request, organization, tested=channel, outcome=outcome, status=status)


def _test(organization: Organization, channel: Channel) -> Message:
    return Message(
        kind=Kind.TEST,
        title=f"A test of {channel.name}",
        text="If you can read this, notices of alerts, budgets and webhooks arrive here.",
        path=reverse("alerts:channels", args=[organization.slug]),
        facts=(("Organization", organization.name),),
    )


def _channel_or_404(organization: Organization, id: UUID) -> Channel:
    try:
        return queries.channel_of(organization.pk, id)
    except queries.ChannelNotFound as error:
        raise Http404 from error


def _current(channel: Channel) -> Config | None:
    """Returns what is stored; None when nobody can read it, so that all has to be entered again."""
    try:
        return config_of(channel)
    except UndecryptableSecret:
        return None


def _refuse_name(form: ChannelForm) -> None:
    form.add_error("name", "There is another channel of this name.")


def _list_page(
    request: MemberRequest,
    organization: Organization,
    *,
    tested: Channel | None = None,
    outcome: Outcome | None = None,
    status: int = 200,
) -> HttpResponse:
    """`outcome` is shown in the row of the channel `tested`."""
    context = {
        "organization": organization,
        "channels": queries.shown_channels(organization.pk),
        "notices": queries.recent_notices(organization.pk),
        "kinds": KINDS.values(),
        "tested_id": tested.pk if tested else None,
        "outcome": outcome,
        "may_manage": request.membership.role >= Role.ADMIN,
        "has_mail_server": bool(settings.EMAIL_HOST),
    }
    return render(request, "alerts_app/notices/list.html", context, status=status)


def _form_page(
    request: MemberRequest,
    organization: Organization,
    form: ChannelForm,
    kind: ChannelKind,
    channel: Channel | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "organization": organization,
        "form": form,
        "kind": KINDS[kind],
        "channel": channel,
        "services": _services() if kind is ChannelKind.APPRISE else [],
        "has_mail_server": bool(settings.EMAIL_HOST),
    }
    return render(request, "alerts_app/notices/form.html", context, status=INVALID if form.errors else 200)


def _services() -> list[Service]:
    """Returns the services by name, behind the others those that the operator has to allow."""
    return sorted(SERVICES.values(), key=lambda one: (one.needs_operator, one.label.lower()))


def _key_page(request: MemberRequest, organization: Organization, channel: Channel, key: str) -> HttpResponse:
    context = {"organization": organization, "channel": channel, "key": key}
    return render(request, "alerts_app/notices/key.html", context)
