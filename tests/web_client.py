"""A browser without a screen: keeps cookies, sends the CSRF token, follows no redirect."""

import re
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import Cookie, CookieJar
from typing import Any

from django.conf import settings
from django.test import Client

from accounts_app.models import User


@dataclass(frozen=True)
class Page:
    """An answer."""

    status: int
    location: str
    text: str


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class WebClient:
    """One visitor of the site at `origin`; as `user` if one is given, without a log-in page in between.

    Times are in UTC unless the browser is in another `zone`.
    """

    def __init__(self, origin: str, user: User | None = None, *, zone: str = "") -> None:
        self._origin = origin
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._cookies), _NoRedirect()
        )
        if user is not None:
            self._set_cookie(settings.SESSION_COOKIE_NAME, _session_of(user))
        if zone:
            self._set_cookie("timezone", urllib.parse.quote(zone, safe=""))

    def get(self, path: str) -> Page:
        """Returns the answer, of whatever status."""
        return self._send(urllib.request.Request(self._origin + path))

    def post(self, path: str, data: Mapping[str, Any] | None = None, *, with_token: bool = True) -> Page:
        """Returns the answer to a form. Without `with_token` it is sent as another site would send it."""
        request = urllib.request.Request(self._origin + path, urllib.parse.urlencode(data or {}).encode())
        if with_token:
            if self._cookie(settings.CSRF_COOKIE_NAME) is None:
                self._set_cookie(settings.CSRF_COOKIE_NAME, secrets.token_hex(16))
            request.add_header("X-CSRFToken", self._cookie(settings.CSRF_COOKIE_NAME) or "")
        return self._send(request)

    def log_in(self, email: str, password: str) -> Page:
        """Returns the answer to the log-in form, sent with the token that its page contains."""
        form = self.get("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
        assert token is not None
        data = {"login": email, "password": password, "csrfmiddlewaretoken": token[1]}
        return self.post("/accounts/login/", data, with_token=False)

    def _send(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=10) as answer:
                return Page(answer.status, "", answer.read().decode())
        except urllib.error.HTTPError as other:
            with other:
                return Page(other.code, other.headers.get("Location", ""), other.read().decode())

    def _cookie(self, name: str) -> str | None:
        return next((cookie.value for cookie in self._cookies if cookie.name == name), None)

    def _set_cookie(self, name: str, value: str) -> None:
        domain = urllib.parse.urlsplit(self._origin).hostname or ""
        self._cookies.set_cookie(
            Cookie(
                0,
                name,
                value,
                None,
                False,
                domain,
                False,
                False,
                "/",
                True,
                False,
                None,
                False,
                None,
                None,
                {},
            )
        )


def _session_of(user: User) -> str:
    """Returns the cookie of a new session in which `user` is logged in."""
    client = Client()
    client.force_login(user)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)
