"""Addresses that are read without a key, for half an hour: what Helicone does with signed URLs of its object store."""

from typing import Any

from django.core import signing
from django.urls import reverse
from rest_framework.request import Request as ApiRequest

from helicone_app.view import Refused
from helicone_site.signed import sign, unsign


class Expired(Refused):
    status_code = 403
    default_detail = "This address is not valid, or no longer: ask for a new one."


class SignedUrls:
    """Makes absolute addresses of the view called `name`, whose last part is a token."""

    def __init__(self, request: ApiRequest, name: str) -> None:
        self._name = name
        path = reverse(f"helicone:{name}", args=["-"])
        self._before = request.build_absolute_uri(path).removesuffix("-")

    def of(self, payload: Any) -> str:
        """Returns the address that leads to `payload`, anything that JSON can hold."""
        return self._before + sign(payload, view=self._name)


def unsigned(token: str, name: str) -> Any:
    """Returns what was signed for the view called `name`. Raises Expired."""
    try:
        return unsign(token, view=name)
    except signing.BadSignature as error:
        raise Expired from error
