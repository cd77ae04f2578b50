"""Arguments that several tools take, described once for whoever calls them."""

from typing import Annotated, Literal

from pydantic import Field

_LANGUAGE = """\
Conditions side by side must all hold; OR between them, brackets, and NOT or - before one.
field:value equals (model:gpt-4o), field:val* begins with, field:*val* contains in any case; > >= < <= compare
(cost>0.01 in US dollars, latency>2s, tokens>=1000); != is not; has:field is known.
status:429, status>=500, status:error, status:success, status:4xx. is:streamed. feedback:down. score.quality<3.
property.Environment:production; property."My name":x*. Quote values with spaces."""
_OF_REQUESTS = """
"exact phrase" or bare words search the text of request and answer; response:"I am sorry" in one of the two.
Examples: `status:error model:gpt-4o*`, `latency>10s user:ann`, `cost>0.1 -property.Env:test`, `session:run-17 refund`.
Call list_fields for all fields, and for the models and properties that there are."""
_OF_SESSIONS = """\
Which sessions; empty: all of the period. The language is that of search_requests, with fields of sessions: name, id,
started, active, duration, requests, calls, errors, cost, tokens, status (of the last request), user, model, tag,
feedback. Bare words are looked for in name and id.
request:(status:429 model:gpt-4o) is said of one of the session's requests.
Examples: `errors>0 duration>1m`, `name:checkout cost>0.5`, `request:"connection reset"`."""
_OF_METRICS = """\
Which requests; empty: all of the period. The language is that of search_requests, without words in bodies.
Steps of agents that called no model count only if the filter says something of kind."""

RequestsFilter = Annotated[
    str, Field(description=f"Which requests; empty: all of the period.\n{_LANGUAGE}{_OF_REQUESTS}")
]
SessionsFilter = Annotated[str, Field(description=_OF_SESSIONS)]
MetricsFilter = Annotated[str, Field(description=_OF_METRICS)]
Range = Annotated[
    Literal["1h", "24h", "7d", "30d", "90d"] | None,
    Field(description="How far back from now; 30d without it. Not together with start and end."),
]
Start = Annotated[
    str | None, Field(description="Not before this time, in ISO 8601; UTC unless it says otherwise.")
]
End = Annotated[str | None, Field(description="Before this time, likewise.")]
Cursor = Annotated[
    str | None, Field(description="The next_cursor of the answer before, all else being the same.")
]
Rows = Annotated[int, Field(ge=1, le=50, description="How many at most.")]
