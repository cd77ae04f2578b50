"""What a test asks of the provider, in the header `x-fake-scenario: words=40 first=0.2 marker=abc`."""

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_origin

HEADER = "x-fake-scenario"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Space-separated `name=value` pairs; every field can be left out. Times are in seconds."""

    marker: str = ""  # finds the call again at /__fake/calls?marker=…
    twin: int = 0  # the same number, not 0: the same ids and times, so that two answers have the same bytes

    # What is answered
    words: int | None = None  # words (= tokens) of the answer's text; 12 unless told
    calls: int = 1  # how many tools are called when tools are offered; 0 answers in text
    reasoning: int = 0  # reasoning or thinking tokens; a `thinking` or `reasoning` request has 8 unless told
    cached: int = 0  # input tokens read from the cache, beside those counted from the body
    cache_write: int = 0  # input tokens written to the cache for 5 minutes (OpenAI: for whatever time)
    cache_write_1h: int = 0  # input tokens written to the cache for an hour (Anthropic)
    audio_in: int = 0
    audio_out: int = 0
    searches: int = 0  # web searches that the server makes by itself (Anthropic)
    flavour: Literal["", "groq", "deepseek", "xai", "openrouter", "perplexity", "mistral"] = (
        ""  # of chat usage
    )
    ending: Literal["", "length", "filter", "refusal", "failed"] = ""

    # How it is delivered
    first: float = 0.0  # before the first event of a stream, or before a plain answer
    gap: float = 0.0  # before each further event
    split: int = 0  # cut each write into pieces of so many bytes
    join: int = 1  # put so many events into one write
    compress: bool = False  # compress streams as well; the real ones leave event streams alone

    # How it fails
    status: int = 0  # 400, 404, 429, 500, 529: the vendor's own error; other 5xx likewise
    retry_after: int = 20
    body: Literal["", "html", "garbage"] = ""  # instead of the answer, with `status` or 200
    error_after: int = -1  # an error event inside the 200 stream after so many events
    close: bool = False  # close the connection without an answer
    close_after: int = -1  # close it after so many events, or bytes of a plain body
    hang: bool = False  # never answer
    hang_after: int = -1  # stop sending after so many events, but stay connected


def parse(header: str) -> Scenario:
    """Returns the scenario in `header`. Raises ValueError for an unknown name or an unfit value."""
    kinds = {field.name: field.type for field in fields(Scenario)}
    values: dict[str, object] = {}
    for pair in header.split():
        name, _, text = pair.partition("=")
        if name not in kinds:
            raise ValueError(f"x-fake-scenario has no {name!r}")
        values[name] = _convert(name, text, kinds[name])
    return Scenario(**values)  # type: ignore[arg-type]


def _convert(name: str, text: str, kind: object) -> object:
    if kind is bool:
        return text.lower() in {"1", "true"}
    if kind is float:
        return float(text)
    if kind is str:
        return text
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise ValueError(f"x-fake-scenario: {name} must be one of {get_args(kind)}")
        return text
    return int(text)


def header(**settings: object) -> dict[str, str]:
    """Returns the request header for `Scenario(**settings)`, to be given to a client. Raises ValueError."""
    text = " ".join(f"{name}={value}" for name, value in settings.items())
    parse(text)
    return {HEADER: text}
