"""What is said of suggestions: what was found, how the sum was worked out, and what to do."""

from collections.abc import Callable
from dataclasses import dataclass

from helicone_site import formats
from metrics_app.suggestions.models import Kind, Suggestion
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.text import parse
from requests_app.filter_language.tree import Comparison, Operator, conjunction


@dataclass(frozen=True, slots=True)
class Words:
    """`title` and `found` stand in the list; `reckoning` and `advice` on the suggestion's own page.

    `query` is a filter that finds all of its requests, empty where no filter can say which they are. `source` is where
    a provider or we explain more.
    """

    title: str
    found: str
    reckoning: str
    advice: str
    query: str = ""
    source: str = ""


_ANTHROPIC_CACHE = "https://platform.claude.com/docs/en/build-with-claude/prompt-caching"
_OPENAI_CACHE = "https://platform.openai.com/docs/guides/prompt-caching"


def words(suggestion: Suggestion) -> Words:
    """Returns what is said of `suggestion`."""
    return _WORDS[Kind(suggestion.kind)](suggestion)


def _repeated(one: Suggestion) -> Words:
    days = one.facts["days"]
    return Words(
        title=f"Answer repeated requests to {one.model} from a cache",
        found=f"{_requests(one)} asked byte for byte what another had been answered in the {days} days before.",
        reckoning=f"The first of identical requests was counted as the one that fills the cache, and again the first "
        f"that came more than {days} days after it. The sum is what the {_others(one)} cost. A request that came "
        "before the first answer was complete counts as none of them, nor does one that failed.",
        advice="Keep answers by the request's body, in your program or in a proxy. Leave out those where another "
        "answer each time is what you want, such as ideas at a high temperature.",
    )


def _uncached_prefix(one: Suggestion) -> Words:
    asks = one.facts["asks_for_it"]
    return Words(
        title=f"Use the prompt cache for {one.model}"
        if asks
        else f"Let more prompts to {one.model} hit the cache",
        found=f"{_requests(one)} began as another did in the five minutes before, and nothing was read from the "
        "prompt cache.",
        reckoning=f"{_count(one, 'tokens')} tokens in the beginnings of these prompts had been sent within five "
        "minutes: at the price of tokens read from the cache they would have cost less. "
        + _writes(one)
        + _SHARE,
        advice="Mark the end of what stays the same with cache_control: after the tools, after the system prompt, and "
        "at the last message of a conversation."
        if asks
        else "The provider caches by itself, but only where requests meet on one machine. Send the same "
        "prompt_cache_key with requests that begin alike, and let what stays the same come first.",
        source=_ANTHROPIC_CACHE if asks else _OPENAI_CACHE,
    )


def _varying_head(one: Suggestion) -> Words:
    return Words(
        title=f"Move what varies to the end of prompts to {one.model}",
        found=f"{_requests(one)} said the same as another in the five minutes before, but for a date, a number, an "
        "id or a short message at the beginning: so the prompt cache could not help.",
        reckoning=f"Without what varies in the first message, {_count(one, 'tokens')} tokens at the beginning of these "
        "prompts had been sent within five minutes. Counted is how much less they would have cost, read from the "
        "cache, than they did. " + _writes(one) + _SHARE,
        advice="A prompt cache knows a prompt by its beginning. Put dates, ids and names into the last message"
        + (
            ", and mark the end of what stays the same with cache_control."
            if one.facts["asks_for_it"]
            else "."
        ),
        source=_ANTHROPIC_CACHE if one.facts["asks_for_it"] else _OPENAI_CACHE,
    )


def _dear_model(one: Suggestion) -> Words:
    cheaper = one.facts["cheaper"]
    return Words(
        title=f"Try {cheaper} where {one.model} answers in a few words",
        found=f"{_requests(one)} had a short prompt without tools, and got a short answer without reasoning.",
        reckoning=f"Prompts of at most {_count(one, 'most_prompt_tokens')} tokens and answers of at most "
        f"{_count(one, 'most_completion_tokens')}. The sum is what they cost, less what as many tokens cost with "
        f"{cheaper} by the price list of the day. This is a sum by price: whether its answers are as good is "
        "not known.",
        advice="Replay some of these requests with the cheaper model, and compare the answers before you change it.",
    )


def _retries(one: Suggestion) -> Words:
    statuses = ", ".join(one.facts["statuses"])
    return Words(
        title=f"Give up sooner when {one.model} fails",
        found=f"{_requests(one)} sent again what had just failed, and failed too"
        + (f" (status {statuses})" if statuses else "")
        + f": {formats.duration(one.waited_ms)} were waited in vain.",
        reckoning=f"Counted are the retries that failed, of requests that were sent again unchanged "
        f"{one.facts['retries']} times or more, each within ten minutes of the one before. The sum is what the failed "
        "retries cost, which is often nothing; the time is from one failure to the next.",
        advice="Do not retry what cannot succeed: a wrong key, a refused or too long prompt. After 429 and 5xx wait "
        "longer each time, and stop after two or three tries or go to another provider.",
    )


def _cut_off(one: Suggestion) -> Words:
    tokens = _count(one, "tokens")
    if one.facts["cause"] == "client":
        return Words(
            title=f"Ask {one.model} for shorter answers: clients hang up",
            found=f"{_requests(one)} were cancelled while the answer was on its way.",
            reckoning=f"{tokens} tokens had been generated until then. The sum is their price; "
            "what the client made use of is not known.",
            advice="Ask for short answers, set max_tokens, or show less at first. Where a time-out of the client is "
            "the reason, raise it: the answer is charged anyway.",
            query=_query(one, "is:cancelled completion_tokens>0"),
        )
    return Words(
        title=f"{one.model} is cut off at the token limit",
        found=f"{_requests(one)} got a long answer that ends in the middle, at the token limit.",
        reckoning=f"These answers have {tokens} tokens, and at least {_count(one, 'long_tokens')} each. The sum is "
        "the price of what was generated; how much of it was of use is not known.",
        advice="Ask for shorter answers, or raise max_tokens where the whole answer is wanted. "
        "Half a JSON document is of no use to anybody.",
    )


def _unused_tools(one: Suggestion) -> Words:
    tools, unused = one.facts["tools"], int(one.facts["unused"])
    more = unused - len(tools)
    names = ", ".join(tools) + (f" and {more} more" if more else "")
    return Words(
        title=f"Leave out {_tools(unused)} that {one.model} never calls",
        found=f"{_requests(one)} described {_tools(int(one.facts['offered']))}, of which {unused} "
        f"{'was' if unused == 1 else 'were'} never called: {names}.",
        reckoning=f"The definitions of the unused tools are {_count(one, 'tokens')} tokens in all these requests. The "
        "sum is their price: that of the prompt, or that of tokens read from the cache where the prompt cache had "
        "them. " + _SHARE,
        advice="Send only the tools that the task at hand may need, or load rare ones on demand.",
    )


def _loops(one: Suggestion) -> Words:
    tool, allowed = one.facts["tool"], one.facts["allowed"]
    what = f"called {tool} with the same arguments" if tool else "sent the same request"
    return Words(
        title=f"Stop sessions that {'call ' + str(tool) if tool else 'ask the same'} again and again",
        found=f"In {_requests(one)} of {one.model}, a session {what} for the fourth time or more.",
        reckoning=f"The first {allowed} times in a session are not counted, since asking for a state now and then is "
        "no loop. The sum is what all calls after them cost.",
        advice="Let the agent stop, or tell the model what it has done already, when it repeats itself.",
    )


_WORDS: dict[Kind, Callable[[Suggestion], Words]] = {
    Kind.REPEATED: _repeated,
    Kind.UNCACHED_PREFIX: _uncached_prefix,
    Kind.VARYING_HEAD: _varying_head,
    Kind.DEAR_MODEL: _dear_model,
    Kind.RETRIES: _retries,
    Kind.CUT_OFF: _cut_off,
    Kind.UNUSED_TOOLS: _unused_tools,
    Kind.LOOPS: _loops,
}
_SHARE = (
    "Tokens of a part of a prompt are not told by providers: they are as large a part of the prompt's tokens as of "
    "its bytes."
)


def _requests(one: Suggestion) -> str:
    return f"{formats.count(one.requests)} request{'' if one.requests == 1 else 's'}"


def _others(one: Suggestion) -> str:
    return "other one" if one.requests == 1 else f"other {formats.count(one.requests)}"


def _tools(number: int) -> str:
    return "one tool" if number == 1 else f"{formats.count(number)} tools"


def _count(one: Suggestion, fact: str) -> str:
    return formats.count(int(one.facts.get(fact, 0)))


def _writes(one: Suggestion) -> str:
    written = int(one.facts.get("written", 0))
    if not written:
        return ""
    return f"Taken off is what it costs more to write {formats.count(written)} of them into the cache. "


def _query(one: Suggestion, conditions: str) -> str:
    """Returns the filter for the calls of the suggestion's model of which `conditions`, in the text form, hold."""
    of_model = [
        Comparison("provider", Operator.EQUALS, one.provider),
        Comparison("model", Operator.EQUALS, one.model),
    ]
    return print_filter(conjunction([*of_model, parse(f"-has:kind {conditions}")]))
