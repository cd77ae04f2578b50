"""Who may watch: members of the organization in a browser, and whoever may read over REST."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import DisallowedHost
from django.db import connection
from django.http import HttpRequest
from django.utils.module_loading import import_string
from rest_framework.exceptions import APIException
from rest_framework.request import Request as ApiRequest

from accounts_app.authentication import ApiCaller, ApiKeyAuthentication, CanRead
from accounts_app.models import Organization, User
from accounts_app.queries import NotAMember, membership_of
from accounts_app.throttling import CallerThrottle
from alerts_app.live.hub import Group
from alerts_app.live.looks import Form, Look
from alerts_app.live.rows import place
from alerts_app.live.wanted import Wanted
from helicone_site.middleware import zone_named
from requests_app import columns
from requests_app.filters import FilterError

# How a browser says whose page asks.
_FROM_HERE = frozenset(("", "same-origin", "none"))


class Refused(Exception):
    """Nobody may watch so: with the status and the text of the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Admitted:
    """Whom to send what: from the place `after` in the stream on, unless that is empty."""

    organization_id: int
    group: Group
    after: str


def admit(request: HttpRequest, slug: str | None, *, is_first: bool = True) -> Admitted:
    """Returns what the caller is sent: a browser with an organization's slug, else a holder of an API key.

    When it is asked again of one who watches, that is no call of theirs. Raises Refused. In whatever thread this runs,
    it leaves no connection behind.
    """
    try:
        request.get_host()
        organization = _of_key(request, is_first) if slug is None else _of_member(request, slug)
        return Admitted(organization.pk, _group(request, organization), _after(request))
    except DisallowedHost as error:
        raise Refused(400, "This server is not known by this host name.") from error
    finally:
        connection.close()


def _of_member(request: HttpRequest, slug: str) -> Organization:
    if request.headers.get("Sec-Fetch-Site", "") not in _FROM_HERE:
        raise Refused(403, "A page of another site may not watch.")
    engine = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    request.session = engine(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    if not isinstance(user, User):
        raise Refused(401, "Log in to watch.")
    try:
        return membership_of(user=user, slug=slug).organization
    except NotAMember as error:
        raise Refused(404, "There is no such organization.") from error


def _of_key(request: HttpRequest, is_call: bool) -> Organization:
    asked = ApiRequest(request, authenticators=[ApiKeyAuthentication()])
    try:
        caller = asked.user
    except APIException as error:
        raise Refused(error.status_code, str(error.detail)) from error
    if not isinstance(caller, ApiCaller):
        raise Refused(401, "Send an API key that may read, as: Authorization: Bearer sk-helicone-…")
    if not CanRead().has_permission(asked, None):
        raise Refused(403, CanRead.message)
    if is_call and not CallerThrottle().allow_request(asked, None):
        raise Refused(429, "Too many calls.")
    return caller.organization


def _group(request: HttpRequest, organization: Organization) -> Group:
    try:
        wanted = Wanted.read(request.GET)
    except FilterError as error:
        raise Refused(400, str(error)) from error
    form = request.GET.get("form", Form.ROWS)
    if form not in set(Form):
        raise Refused(400, f"form: one of {', '.join(Form)}.")
    if form != Form.PAGE:
        return Group(wanted, Look(Form(form)))
    chosen = tuple(columns.read(request.GET.get("columns", "")))
    zone = zone_named(request.COOKIES.get("zone") or request.COOKIES.get("timezone", ""))
    return Group(wanted, Look(Form.PAGE, organization.slug, chosen, zone.key))


def _after(request: HttpRequest) -> str:
    """Returns the place in the stream that was reached; "" when the caller says none."""
    after = request.headers.get("Last-Event-ID") or request.GET.get("last_event_id", "")
    try:
        return after and "-".join(map(str, place(after)))
    except ValueError as error:
        raise Refused(400, "last_event_id: this is no id of an event.") from error
