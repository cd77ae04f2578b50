"""What goes up to the provider for a request: the call, and what must be undone on the way back."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from urllib.parse import unquote

from accounts_app.directory import StoredAccess
from gateway_app import edits, errors, headers, moderation, sigv4, token_limit
from gateway_app.destination import Access, Destination, destination, of_provider
from gateway_app.model_names import choose, window_of
from gateway_app.providers import KeyForm, Provider, Shape, Speaks, key_headers
from gateway_app.request_body import RequestBody
from gateway_app.routes import Form, Route
from gateway_app.upstream import Call, Timeouts
from ingest_app.model_registry import context_window

# Helicone-Increase-Timeout (contract 1.3).
_PATIENT_S = 1800.0
_CONNECT_S = os.environ.get("HELICONE_UPSTREAM_CONNECT_TIMEOUT_S")
_FIRST_BYTE_S = os.environ.get("HELICONE_UPSTREAM_FIRST_BYTE_TIMEOUT_S") or os.environ.get(
    "HELICONE_UPSTREAM_IDLE_TIMEOUT_S"
)
_IDLE_S = os.environ.get("HELICONE_UPSTREAM_IDLE_TIMEOUT_S")
_AWS_REGION = "us-east-1"
_LONGEST_MODEL = 2_000  # characters, of a list of models


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call, ready to be sent, and what its answer needs."""

    call: Call
    destination: Destination
    withhold_usage: bool = False  # the client did not ask for usage, so it must not see it
    referrer: str = ""  # as logged (contract 2.5)
    sent_model: str = ""  # what is asked for, where the client wrote something else
    moderation: Call | None = None  # to be made first, and to refuse the call if it says so

    @property
    def target_url(self) -> str:
        """Returns the URL as it is logged, without a query, which may hold a key."""
        return self.destination.origin + self.destination.path


def is_ai_call(route: Route, seen: headers.CallerHeaders) -> bool:
    """Returns whether the model decides where the request goes: the Helicone key came as the API key alone."""
    if route.form is Form.AI:
        return not route.is_models
    return route.form is Form.BARE and route.dialect is not None and _has_no_address(seen)


def error_shape(route: Route, seen: headers.CallerHeaders) -> Shape:
    """Returns the shape of the gateway's own errors for a request."""
    if is_ai_call(route, seen) and route.dialect is not Speaks.MESSAGES:
        return Shape.GATEWAY
    return route.provider.errors


def is_model_list(route: Route, seen: headers.CallerHeaders) -> bool:
    """Returns whether the gateway answers with its own list of models."""
    return route.is_models and (route.form is Form.AI or _has_no_address(seen))


def _has_no_address(seen: headers.CallerHeaders) -> bool:
    return not (seen.has_provider_key or seen.target_url or seen.api_base)


def prepare(
    route: Route,
    seen: headers.CallerHeaders,
    *,
    method: str,
    query: str,
    body: RequestBody,
    access: Access,
    instead: str = "",
) -> Outgoing:
    """Returns what to send. Raises GatewayError when there is nowhere to go, or no key for it.

    `instead` is a model to be asked in place of the client's. Outside the AI gateway `sent_model` is "" where that
    cannot be written into the request.
    """
    if is_ai_call(route, seen):
        return _to_chosen(route, seen, method=method, query=query, body=body, access=access, instead=instead)
    place = destination(route, access, target_url=seen.target_url, api_base=seen.api_base)
    provider = place.provider
    key = "" if seen.has_provider_key else _key_for(place, access(provider))
    if not key and provider.needs_key and not seen.has_provider_key:
        raise errors.no_provider_key(provider.label, provider.key_variable)
    content, length, withhold = _content(provider, place.path, seen, body)
    chosen = token_limit.model_chosen(body.start, content) if seen.token_limit_handler else ""
    if instead and isinstance(content, bytes):
        switched = edits.with_model_instead(content, place.path, instead)
        chosen = instead if switched is not None else ""
        if switched is not None:
            content, path = switched
            place, length = replace(place, path=path), len(content)
    sent = Sent(method, place, query, content, length, seen)
    return sent.outgoing(key, provider.key_form, withhold=withhold, sent_model=chosen)


def _to_chosen(
    route: Route,
    seen: headers.CallerHeaders,
    *,
    method: str,
    query: str,
    body: RequestBody,
    access: Access,
    instead: str,
) -> Outgoing:
    """Returns what the AI gateway sends: the same body to the chosen provider, under its name for the model."""
    dialect = route.dialect or Speaks.CHAT
    if method != "POST":
        raise errors.method_not_allowed()

    def has_access(provider: Provider) -> bool:
        stored = access(provider)
        if stored.endpoint:
            return bool(stored.secret) or not provider.needs_key
        key = stored.secret or provider.environment_key
        return bool(provider.origin) and (bool(key) or not provider.needs_key)

    try:
        content = edits.without_prompt_tags(body.start) if seen.strips_prompt_tags else body.start
        if seen.token_limit_handler:
            content = token_limit.fitted(
                content,
                seen.token_limit_handler,
                lambda entry: window_of(entry, route.provider),
                keeps_list=True,
            )
        asked = edits.model_of(content)
        choice, path = choose((instead or asked)[:_LONGEST_MODEL], dialect, route.provider, has_access)
        if choice.model != asked:
            content = edits.with_model(content, choice.model)
    except edits.NotAnObject as error:
        raise errors.body_needs_json() from error
    stored = access(choice.provider)
    place = of_provider(choice.provider, path, stored.endpoint)
    content, withhold = _with_usage(choice.provider, dialect, seen, content)
    sent = Sent(method, place, query, content, len(content), seen)
    # The OpenAI-compatible endpoints of other vendors take their keys as OpenAI does.
    form = choice.provider.key_form
    if dialect is not Speaks.MESSAGES and form in {KeyForm.ANTHROPIC, KeyForm.GOOGLE}:
        form = KeyForm.BEARER
    return sent.outgoing(
        _key_for(place, stored), form, withhold=withhold, referrer="ai-gateway", sent_model=choice.model
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """The parts of a call before its key."""

    method: str
    place: Destination
    query: str
    content: bytes | AsyncIterator[bytes]
    length: int | None
    seen: headers.CallerHeaders

    def outgoing(
        self, key: str, form: KeyForm, *, withhold: bool, referrer: str = "", sent_model: str = ""
    ) -> Outgoing:
        """Returns the call with `key`, and what else is to be done. Raises GatewayError."""
        call = self.call(key, form, withhold=withhold)
        is_moderated = self.seen.is_moderated and self.place.provider.name == "openai"
        return Outgoing(
            call,
            self.place,
            withhold_usage=withhold and self.seen.stream_usage is None,
            referrer=referrer,
            sent_model=sent_model,
            moderation=moderation.question(call) if is_moderated else None,
        )

    def call(self, key: str, form: KeyForm, *, withhold: bool) -> Call:
        """Returns the call with `key`, "" where the client's own headers carry it. Raises GatewayError."""
        place, seen = self.place, self.seen
        target = place.path + (f"?{self.query}" if self.query else "")
        sent = seen.forwarded
        if withhold:
            # Usage cannot be taken out of a compressed stream.
            sent = [pair for pair in sent if pair[0] != b"accept-encoding"]
        aws = _aws_keys(seen, key) if form is KeyForm.AWS else None
        if aws is not None:
            if not isinstance(self.content, bytes):
                raise errors.too_large_to_sign()
            sent = sigv4.signed(
                aws,
                method=self.method,
                origin=place.origin,
                target=target,
                headers=sent,
                body=self.content,
                region=_region(place.origin),
            )
        elif key:
            sent = [*sent, *key_headers(form, key)]
        return Call(
            method=self.method,
            origin=place.origin,
            target=target,
            headers=sent,
            body=self.content,
            body_length=self.length,
            timeouts=_timeouts(place.provider, patient=seen.more_patience),
            public_only=place.public_only,
        )


def _key_for(place: Destination, stored: StoredAccess) -> str:
    """Returns the key that may be sent to `place`: "" for an address that only this request names."""
    if place.is_stored:
        return stored.secret
    return stored.secret or place.provider.environment_key if place.is_operators else ""


def _content(
    provider: Provider, path: str, seen: headers.CallerHeaders, body: RequestBody
) -> tuple[bytes | AsyncIterator[bytes], int | None, bool]:
    """Returns the body to send, its length, and whether usage was asked for in the client's place."""
    if not body.is_complete or seen.content_encoding:
        return body.to_send, body.length, False
    content = edits.without_prompt_tags(body.start) if seen.strips_prompt_tags else body.start
    if seen.token_limit_handler:
        content = token_limit.fitted(
            content, seen.token_limit_handler, lambda model: context_window(provider.name, model)
        )
    dialect = Speaks.CHAT if path.endswith(Speaks.CHAT) else None
    content, asked = _with_usage(provider, dialect, seen, content)
    return content, len(content), asked


def _with_usage(
    provider: Provider, dialect: Speaks | None, seen: headers.CallerHeaders, content: bytes
) -> tuple[bytes, bool]:
    wanted = provider.asks_usage if seen.stream_usage is None else seen.stream_usage
    if dialect is not Speaks.CHAT or not wanted:
        return content, False
    asking = edits.with_usage_asked(content)
    return (content, False) if asking is None else (asking, True)


def _aws_keys(seen: headers.CallerHeaders, key: str) -> sigv4.AwsKeys | None:
    access_key = seen.aws_keys.get(b"aws-access-key", "")
    if access_key:
        secret, token = (seen.aws_keys.get(name, "") for name in (b"aws-secret-key", b"aws-session-token"))
        return sigv4.AwsKeys(access_key, secret, token)
    return sigv4.AwsKeys.parse(key)


def _region(origin: str) -> str:
    labels = origin.partition("://")[2].split(".")
    return labels[1] if labels[-2:] == ["amazonaws", "com"] and len(labels) > 3 else _AWS_REGION


def _timeouts(provider: Provider, *, patient: bool) -> Timeouts:
    first_byte_s = float(_FIRST_BYTE_S or provider.first_byte_timeout_s)
    idle_s = float(_IDLE_S or provider.idle_timeout_s)
    if patient:
        first_byte_s, idle_s = max(first_byte_s, _PATIENT_S), max(idle_s, _PATIENT_S)
    return Timeouts(float(_CONNECT_S or provider.connect_timeout_s), first_byte_s, idle_s)


def query_key(query: str) -> tuple[str, str]:
    """Returns the `key` of a Google query ("" when there is none), and the query without it."""
    if "key=" not in query:
        return "", query
    pairs = query.split("&")
    found = next((pair for pair in pairs if pair.startswith("key=")), "")
    return unquote(found.removeprefix("key=")), "&".join(pair for pair in pairs if pair is not found)
