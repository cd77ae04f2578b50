"""What suggestions add up to: each sum by hand, from published prices, beside traffic that is none of its kind.

Prices in US dollars per million tokens (openai.com/api/pricing, claude.com/pricing#api): gpt-4o $2.50 in, $1.25 from
the cache, $10 out; gpt-4o-mini $0.15 and $0.60; claude-sonnet-4-5 $3, $3.75 to write to the cache, $0.30 from it,
$15 out. So a token of gpt-4o's prompt is 2,500 nano-dollars.
"""

from collections.abc import Callable
from typing import Any

from ingest_app.events import LogEvent
from metrics_app.suggestions.models import Suggestion
from tests.live import Tenant
from tests.made_calls import at, call, called, claude, compact, failure, filled, said

pytest_plugins = ("tests.looks",)

LookAt = Callable[..., dict[str, Suggestion]]

USUAL_COST = 100 * 2_500 + 20 * 10_000  # of `call`: 100 tokens in, 20 out
ASKED = {"messages": [said("What is the capital of France?")], "temperature": 0}


def behind(suggestion: Suggestion) -> set[str]:
    return {id for id, _ in suggestion.evidence}


def ids(*events: LogEvent) -> set[str]:
    return {str(event.id) for event in events}


def test_a_repeated_request_costs_what_a_cache_would_have_saved(
    organization: Tenant, look_at: LookAt
) -> None:
    first = call(organization.id, at(), ASKED)
    again = [call(organization.id, at(hours=hours), ASKED) for hours in (1, 2, 24 * 7 - 1)]
    after_a_week = call(organization.id, at(days=8), ASKED)
    found = look_at([first, *again, after_a_week])["repeated"]
    assert (found.requests, found.unpriced, found.saving_nanodollars) == (3, 0, 3 * USUAL_COST)
    assert behind(found) == ids(*again)


def test_requests_are_not_repeated_that_differ_or_fail_or_come_at_once(
    organization: Tenant, look_at: LookAt
) -> None:
    others = [call(organization.id, at(hours=n), {"messages": [said(f"Question {n}")]}) for n in range(5)]
    at_once = [call(organization.id, at(days=1, milliseconds=n), ASKED, latency_ms=9_000) for n in range(5)]
    failed = [
        failure(organization.id, at(days=2, hours=n), {"messages": [said("No")]}, status=400)
        for n in range(5)
    ]
    elsewhere = [
        call(organization.id, at(days=3, hours=n), {**ASKED, "model": model})
        for n, model in enumerate(("gpt-4.1", "gpt-4.1-mini", "gpt-5", "gpt-4.1-nano"))
    ]
    assert "repeated" not in look_at([*others, *at_once, *failed, *elsewhere])


def test_a_request_of_unknown_price_is_counted_and_in_no_sum(organization: Tenant, look_at: LookAt) -> None:
    asked = {**ASKED, "model": "our-own-model"}
    found = look_at([call(organization.id, at(hours=n), asked) for n in range(4)])["repeated"]
    assert (found.requests, found.unpriced, found.saving_nanodollars) == (3, 3, 0)
    assert [saving for _, saving in found.evidence] == [None] * 3


def system_prompt(size_bytes: int) -> str:
    """Returns a system prompt that is so long as JSON."""
    return "s" * (size_bytes - len('""'))


def test_a_prefix_without_the_prompt_cache_costs_its_tokens_less_what_reading_and_writing_them_costs(
    organization: Tenant, look_at: LookAt
) -> None:
    # 3,000 of 4,000 bytes are the system prompt: 1,500 of 2,000 tokens.
    calls = [
        claude(
            organization.id,
            at(minutes=n),
            {"system": system_prompt(3_000), "messages": [filled("user", 1_000, f"Question {n}")]},
            tokens=(2_000, 60),
        )
        for n in range(4)
    ]
    found = look_at(calls)["uncached_prefix"]
    read, written = 3 * 1_500 * (3_000 - 300), 1_500 * (3_750 - 3_000)
    assert (found.requests, found.saving_nanodollars) == (3, read - written)
    assert behind(found) == ids(*calls[1:])


def test_a_conversation_is_written_to_the_cache_piece_by_piece(organization: Tenant, look_at: LookAt) -> None:
    # Each message is 2,000 bytes and 1,000 tokens; each call has two more of them, and reads all that the last one had.
    messages = [filled(("user", "assistant")[n % 2], 2_000, f"Turn {n}") for n in range(9)]
    calls = [
        claude(
            organization.id,
            at(minutes=turn),
            {"messages": messages[: 2 * turn + 1]},
            tokens=(1_000 * (2 * turn + 1), 60),
        )
        for turn in range(5)
    ]
    found = look_at(calls)["uncached_prefix"]
    # A prefix of 1,000 tokens is too short to be cached, so the second call reads nothing.
    read = 3_000 + 5_000 + 7_000
    written = 3_000 + 2_000 + 2_000
    assert (found.requests, found.saving_nanodollars) == (3, read * 2_700 - written * 750)


def test_a_provider_that_caches_by_itself_charges_no_writes(organization: Tenant, look_at: LookAt) -> None:
    calls = [
        call(
            organization.id,
            at(minutes=n),
            {"messages": [filled("system", 3_000), filled("user", 1_000, f"Question {n}")]},
            tokens=(2_000, 60),
        )
        for n in range(4)
    ]
    found = look_at(calls)["uncached_prefix"]
    assert (found.requests, found.saving_nanodollars) == (3, 3 * 1_500 * (2_500 - 1_250))


def test_prefixes_are_in_order_that_are_short_or_seldom_or_cached(
    organization: Tenant, look_at: LookAt
) -> None:
    def calls(day: int, model: str, minutes: int, system_bytes: int, **usage: Any) -> list[LogEvent]:
        return [
            claude(
                organization.id,
                at(days=day, minutes=n * minutes),
                {
                    "model": model,
                    "system": system_prompt(system_bytes),
                    "messages": [filled("user", 4_000 - system_bytes, f"Question {n}")],
                },
                tokens=(2_000, 60),
                **usage,
            )
            for n in range(4)
        ]

    short = calls(0, "claude-sonnet-4-5", 1, 2_000)
    seldom = calls(1, "claude-sonnet-4-0", 6, 3_000)
    too_short_for_the_model = calls(2, "claude-haiku-4-5", 1, 3_000)
    cached = calls(3, "claude-opus-4-1", 1, 3_000, more_usage={"cache_read_input_tokens": 1_500})
    assert "uncached_prefix" not in look_at([*short, *seldom, *too_short_for_the_model, *cached])


def test_a_short_first_message_that_varies_keeps_the_rest_from_the_cache(
    organization: Tenant, look_at: LookAt
) -> None:
    # 2,900 of 4,000 bytes stay the same: 1,450 of 2,000 tokens.
    calls = [
        call(
            organization.id,
            at(minutes=n),
            {
                "messages": [
                    filled("system", 100, f"You speak with {name}."),
                    filled("user", 2_900, "The report: "),
                    filled("user", 1_000, f"Question {n}"),
                ]
            },
            tokens=(2_000, 60),
        )
        for n, name in enumerate(("Ann", "Ben", "Cleo", "Dan"))
    ]
    found = look_at(calls)
    assert "uncached_prefix" not in found
    varying = found["varying_head"]
    assert (varying.requests, varying.saving_nanodollars) == (3, 3 * 1_450 * (2_500 - 1_250))
    assert behind(varying) == ids(*calls[1:])


def test_a_date_at_the_beginning_of_a_long_prompt_keeps_it_from_the_cache(
    organization: Tenant, look_at: LookAt
) -> None:
    # Eight digits of the first 3,000 bytes vary: 2,992 of 4,000 bytes are 1,496 of 2,000 tokens.
    calls = [
        call(
            organization.id,
            at(minutes=n),
            {
                "messages": [
                    filled("system", 3_000, f"Today is 2026-11-0{n}. "),
                    filled("user", 1_000, "Q" + "?" * n),
                ]
            },
            tokens=(2_000, 60),
        )
        for n in range(4)
    ]
    found = look_at(calls)["varying_head"]
    assert (found.requests, found.saving_nanodollars) == (3, 3 * 1_496 * (2_500 - 1_250))


def test_a_head_does_not_vary_where_the_rest_does_too_or_the_cache_had_it(
    organization: Tenant, look_at: LookAt
) -> None:
    others = [
        call(
            organization.id,
            at(minutes=n),
            {"messages": [said(f"It is {n} o'clock", "system"), filled("user", 3_900, f"Report {n}: ")]},
            tokens=(2_000, 60),
        )
        for n in range(4)
    ]
    cached = [
        call(
            organization.id,
            at(days=1, minutes=n),
            {"messages": [filled("system", 3_900, f"Line {n} is yours"), said("Go on")]},
            tokens=(2_000, 60),
            more_usage={"prompt_tokens_details": {"cached_tokens": 1_900}},
        )
        for n in range(4)
    ]
    assert "varying_head" not in look_at([*others, *cached])


PICTURE = {
    "role": "user",
    "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}],
}


def short_answers(organization: Tenant, day: int, number: int = 10, **changes: Any) -> list[LogEvent]:
    model = changes.pop("model", "gpt-4o")
    more = changes.pop("more", {})
    beside = changes.pop("beside", [])
    return [
        call(
            organization.id,
            at(days=day, minutes=n),
            {"model": model, "messages": [said(f"Yes or no? {day}.{n}"), *beside], **more},
            **{"tokens": (400, 20), **changes},
        )
        for n in range(number)
    ]


def test_a_dear_model_costs_what_its_cheaper_sister_would_not(organization: Tenant, look_at: LookAt) -> None:
    found = look_at(short_answers(organization, 0))["dear_model"]
    dear, cheap = 400 * 2_500 + 20 * 10_000, 400 * 150 + 20 * 600
    assert (found.requests, found.saving_nanodollars) == (10, 10 * (dear - cheap))
    assert found.facts["cheaper"] == "gpt-4o-mini"


def test_a_model_is_not_too_dear_for_long_or_hard_questions(organization: Tenant, look_at: LookAt) -> None:
    tool = {"type": "function", "function": {"name": "look_up", "description": "Look up", "parameters": {}}}
    thinking = {"completion_tokens_details": {"reasoning_tokens": 10}}
    events = [
        *short_answers(organization, 0, tokens=(400, 51)),
        *short_answers(organization, 1, model="gpt-4.1", tokens=(1_001, 20)),
        *short_answers(organization, 2, model="gpt-5", more_usage=thinking),
        *short_answers(organization, 3, model="gpt-4-turbo", more={"tools": [tool]}),
        *short_answers(organization, 4, model="gpt-4o-mini"),
        *short_answers(organization, 5, model="gpt-4.1-mini", number=9),
        *short_answers(organization, 6, model="chatgpt-4o-latest", beside=[PICTURE]),
    ]
    assert "dear_model" not in look_at(events)


def test_retries_cost_what_their_failures_cost_and_the_time_they_took(
    organization: Tenant, look_at: LookAt
) -> None:
    # One failure, three retries that fail, and one that does not; each takes half a second, each begins after ten.
    calls = [
        failure(organization.id, at(seconds=10 * n), ASKED, status=503) for n in range(4)
    ] + [call(organization.id, at(seconds=40), ASKED)]  # fmt: skip
    broken_off = [
        call(organization.id, at(days=1, seconds=10 * n), {**ASKED, "temperature": 1}, status=-100)
        for n in range(4)
    ]
    found = look_at([*calls, *broken_off])["retries"]
    assert (found.requests, found.saving_nanodollars, found.waited_ms) == (6, 3 * USUAL_COST, 60_000)
    assert found.unpriced == 0
    assert behind(found) == ids(*calls[1:4], *broken_off[1:])


def test_retries_are_in_order_that_are_few_or_late_or_of_other_requests(
    organization: Tenant, look_at: LookAt
) -> None:
    few = [failure(organization.id, at(seconds=n), ASKED) for n in range(3)]
    late = [failure(organization.id, at(days=1, minutes=11 * n), ASKED) for n in range(6)]
    others = [failure(organization.id, at(days=2, seconds=n), {"messages": [said(f"{n}")]}) for n in range(6)]
    assert "retries" not in look_at([*few, *late, *others])


def test_cancelled_answers_cost_what_was_generated(organization: Tenant, look_at: LookAt) -> None:
    cancelled = [
        call(organization.id, at(hours=n), {"messages": [said(f"{n}")]}, tokens=(100, 70), status=-3)
        for n in range(3)
    ]
    found = look_at(cancelled)["cut_off"]
    assert (found.requests, found.saving_nanodollars) == (3, 3 * 70 * 10_000)


def test_answers_at_the_token_limit_cost_what_was_generated(organization: Tenant, look_at: LookAt) -> None:
    at_limit = [
        call(organization.id, at(hours=n), {"messages": [said(f"{n}")]}, tokens=(100, 300), ended="length")
        for n in range(3)
    ]
    found = look_at(at_limit)["cut_off"]
    assert (found.requests, found.saving_nanodollars) == (3, 3 * 300 * 10_000)


def test_answers_are_not_cut_off_that_ended_or_are_short_on_purpose(
    organization: Tenant, look_at: LookAt
) -> None:
    def asked(n: int) -> dict[str, Any]:
        return {"messages": [said(f"{n}")]}

    ended = [call(organization.id, at(hours=n), asked(n), tokens=(100, 900)) for n in range(4)]
    yes_or_no = [
        call(organization.id, at(days=1, hours=n), asked(n), tokens=(100, 1), ended="length")
        for n in range(4)
    ]
    nothing_came = [failure(organization.id, at(days=2, hours=n), asked(n), status=-3) for n in range(4)]
    assert "cut_off" not in look_at([*ended, *yes_or_no, *nothing_came])


def tool_of(name: str, size_bytes: int) -> dict[str, Any]:
    """Returns the definition of a tool that is so long as JSON."""
    function = {"name": name, "description": "", "parameters": {"type": "object", "properties": {}}}
    tool: dict[str, Any] = {"type": "function", "function": function}
    function["description"] = "d" * (size_bytes - len(compact(tool)))
    return tool


# With the brackets and a comma of the list: 1,000 bytes.
TOOLS = [tool_of("search", 397), tool_of("weather", 600)]


def with_tools(organization: Tenant, number: int, day: int = 0, **changes: Any) -> list[LogEvent]:
    """Returns calls of 500 tokens, of which 600 of 2,000 bytes are the tool `weather`; the first one calls `search`."""
    return [
        call(
            organization.id,
            at(days=day, minutes=n),
            {"tools": TOOLS, "messages": [filled("user", 1_000, f"Question {day}.{n}")]},
            tokens=(500, 60),
            said_back=called("search", {"q": str(n)}) if n == 0 else None,
            **changes,
        )
        for n in range(number)
    ]


def test_an_unused_tool_costs_the_tokens_of_its_definition(organization: Tenant, look_at: LookAt) -> None:
    calls = with_tools(organization, 20)
    found = look_at(calls)["unused_tools"]
    assert (found.requests, found.saving_nanodollars) == (20, 20 * 150 * 2_500)
    assert (found.facts["tools"], found.facts["tokens"]) == (["weather"], 20 * 150)
    assert behind(found) == ids(*calls)


def test_an_unused_tool_that_the_prompt_cache_had_costs_that_price(
    organization: Tenant, look_at: LookAt
) -> None:
    cached = {"prompt_tokens_details": {"cached_tokens": 256}}
    found = look_at(with_tools(organization, 20, more_usage=cached))["unused_tools"]
    assert found.saving_nanodollars == 20 * 150 * 1_250


def test_tools_are_not_unused_that_were_called_once_or_offered_seldom(
    organization: Tenant, look_at: LookAt
) -> None:
    used = with_tools(organization, 25)
    used.append(
        call(
            organization.id,
            at(hours=1),
            {"tools": TOOLS, "messages": [said("Rain?")]},
            said_back=called("weather", {"city": "Oslo"}),
        )
    )
    seldom = [
        call(
            organization.id,
            at(days=2, minutes=n),
            {"model": "gpt-4.1", "tools": TOOLS, "messages": [said(f"Question {n}")]},
        )
        for n in range(19)
    ]
    assert "unused_tools" not in look_at([*used, *seldom])


def test_a_loop_costs_the_calls_after_the_third_of_the_same(organization: Tenant, look_at: LookAt) -> None:
    calls = [
        call(
            organization.id,
            at(minutes=n),
            {"messages": [said(f"Step {n}")]},
            said_back=called("search", {"q": "Oslo"}, id=f"call_{n}"),
            session_id="run-1",
        )
        for n in range(6)
    ]
    found = look_at(calls)["loops"]
    assert (found.requests, found.saving_nanodollars) == (3, 3 * USUAL_COST)
    assert behind(found) == ids(*calls[3:])


def test_a_session_that_sends_the_same_request_loops_and_its_cost_is_counted_once(
    organization: Tenant, look_at: LookAt
) -> None:
    calls = [call(organization.id, at(minutes=n), ASKED, session_id="run-1") for n in range(7)]
    found = look_at(calls)
    assert behind(found["loops"]) == ids(*calls[3:])
    assert "repeated" not in found  # two are left, and it takes three


def test_sessions_do_not_loop_that_ask_something_else_or_three_times(
    organization: Tenant, look_at: LookAt
) -> None:
    def calls(day: int, number: int, session: str = "run", given: str = "Oslo") -> list[LogEvent]:
        return [
            call(
                organization.id,
                at(days=day, minutes=n),
                {"messages": [said(f"Step {day}.{n}")]},
                said_back=called("search", {"q": given.format(n)}),
                session_id=session.format(n),
            )
            for n in range(number)
        ]

    events = [
        *calls(0, 3),
        *calls(2, 8, given="{}"),
        *calls(4, 8, session="run-{}"),
        *calls(6, 8, session=""),
    ]
    assert "loops" not in look_at(events)
