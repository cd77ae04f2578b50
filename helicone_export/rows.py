"""Rows as the API gives them. Nothing of a row is changed on its way into a file, so they stay the bytes they were."""

from typing import NamedTuple

import msgspec

from helicone_export.times import ms_of, parse

Fields = dict[str, msgspec.Raw]
NULL = msgspec.Raw(b"null")


class Row(NamedTuple):
    """One request."""

    key: str  # no other row has it
    request_id: str
    created_ms: int
    signed_body_url: str | None
    is_stub: bool  # a body is not in it
    is_ours: bool  # this product's server gave it
    json: bytes  # all of it: an object, on one line
    bodies_missing: bool = False  # they were asked for, and are nowhere


class _Head(msgspec.Struct):
    request_id: str
    request_created_at: str
    helicone_id: str | None = None  # this product's: there request_id repeats when a client tries again
    signed_body_url: str | None = None
    request_body: msgspec.Raw = NULL
    response_body: msgspec.Raw = NULL


class _Answer(msgspec.Struct):
    data: list[msgspec.Raw] | None = None
    error: object = None


class _OneAnswer(msgspec.Struct):
    data: msgspec.Raw = NULL


_answer = msgspec.json.Decoder(_Answer)
_one_answer = msgspec.json.Decoder(_OneAnswer)
_head = msgspec.json.Decoder(_Head)
_fields = msgspec.json.Decoder(Fields)
_STUB_BYTES = 500


def rows_of(content: bytes) -> list[Row]:
    """Returns the rows of an answer. Raises msgspec.DecodeError: it is no such answer."""
    answer = _answer.decode(content)
    if answer.data is None:
        raise msgspec.DecodeError(f"no rows, but {answer.error}")
    return [_row(bytes(raw)) for raw in answer.data]


def row_of(content: bytes) -> Row | None:
    """Returns the row of an answer about one request. Raises msgspec.DecodeError."""
    raw = bytes(_one_answer.decode(content).data)
    return None if raw == b"null" else _row(raw)


def fields_of(row: Row) -> Fields:
    """Returns the row's values, each as JSON."""
    return _fields.decode(row.json)


def text_of(raw: msgspec.Raw) -> str | None:
    """Returns a value as text: a string itself, None for null, all else as JSON."""
    data = bytes(raw)
    if data == b"null":
        return None
    return str(msgspec.json.decode(data)) if data.startswith(b'"') else data.decode()


def with_bodies(row: Row, bodies: Fields) -> Row:
    """Returns the row with `bodies` in it, and without the address of bodies: whoever has it could read them."""
    fields = fields_of(row)
    fields |= {f"{name}_body": bodies[name] for name in ("request", "response") if name in bodies}
    fields["signed_body_url"] = NULL
    return row._replace(json=msgspec.json.encode(fields), signed_body_url=None, is_stub=False)


def _row(json: bytes) -> Row:
    head = _head.decode(json)
    try:
        created_ms = ms_of(parse(head.request_created_at))
    except ValueError:
        raise msgspec.DecodeError(f"a request of {head.request_created_at!r}, which is no time") from None
    return Row(
        key=head.helicone_id or head.request_id,
        request_id=head.request_id,
        created_ms=created_ms,
        signed_body_url=head.signed_body_url,
        is_stub=_is_stub(bytes(head.request_body)) or _is_stub(bytes(head.response_body)),
        is_ours=head.helicone_id is not None,
        # A line break is white space here: within a string JSON writes it as an escape.
        json=json.replace(b"\r", b" ").replace(b"\n", b" "),
    )


def _is_stub(body: bytes) -> bool:
    # What says that a body was not kept is all that there is, and no stub.
    if len(body) > _STUB_BYTES or b"helicone_message" not in body:
        return False
    value = msgspec.json.decode(body)
    return isinstance(value, dict) and "signed_body_url" in str(value.get("helicone_message"))
