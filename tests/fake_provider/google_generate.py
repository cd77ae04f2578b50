"""Gemini: `…/models/<model>:generateContent`, `:streamGenerateContent`, `:embedContent`, `:countTokens`."""

import hashlib
import itertools
import json
import urllib.parse
from typing import Any

from tests.fake_provider.answer import Answer, Ask, Refused, compact
from tests.fake_provider.text import count_tokens, example, identifier, sentence, words_of

_FINISH = {"length": "MAX_TOKENS", "filter": "SAFETY", "refusal": "SAFETY"}
_DIMENSIONS = 768


def generate_content(ask: Ask) -> Answer:
    """Returns a whole answer, or a stream: server-sent events with `alt=sse`, else an array of chunks."""
    _check_contents(ask.body)
    parts = _parts(ask)
    usage = _usage(ask, parts)
    head = {"modelVersion": _model(ask), "responseId": identifier("", ask.request_id)}
    finish = _FINISH.get(ask.scenario.ending, "STOP")
    whole = _chunk(parts, usage, head, finish)
    if ":stream" not in ask.path:
        return Answer(body=json.dumps(whole, indent=2).encode(), whole=whole, usage=usage)
    chunks = list(_chunks(parts, usage, head, finish))
    if urllib.parse.parse_qs(ask.query).get("alt") == ["sse"]:
        events = [b"data: " + compact(chunk) + b"\r\n\r\n" for chunk in chunks]
        return Answer(events=events, content_type="text/event-stream", whole=whole, usage=usage)
    pieces = [b"[" + compact(chunks[0]), *(b",\r\n" + compact(chunk) for chunk in chunks[1:]), b"]"]
    return Answer(events=pieces, content_type="application/json; charset=UTF-8", whole=whole, usage=usage)


def embed_content(ask: Ask) -> Answer:
    """Returns one vector, or one for each of `requests`. Their tokens are not told, as Google does not."""
    if "requests" in ask.body:
        whole = {"embeddings": [{"values": _vector(str(one))} for one in ask.body["requests"]]}
    else:
        whole = {"embedding": {"values": _vector(str(ask.body.get("content")))}}
    return Answer(body=compact(whole), whole=whole)


def count(ask: Ask) -> Answer:
    """Returns the tokens of a request that is not made."""
    _check_contents(ask.body)
    whole = {"totalTokens": _prompt_tokens(ask.body)}
    return Answer(body=compact(whole), whole=whole)


def _check_contents(body: dict[str, Any]) -> None:
    if not isinstance(body.get("contents"), list):
        raise Refused(400, "* GenerateContentRequest.contents: contents is not specified\n")


def _model(ask: Ask) -> str:
    return ask.path.rpartition("/")[2].partition(":")[0]


def _parts(ask: Ask) -> list[dict[str, Any]]:
    body, scenario = ask.body, ask.scenario
    config = body.get("generationConfig") or {}
    declared = [
        function for tool in body.get("tools") or [] for function in tool.get("functionDeclarations") or []
    ]
    answered = any("functionResponse" in part for part in (body["contents"] or [{}])[-1].get("parts") or [])
    parts: list[dict[str, Any]] = []
    if (config.get("thinkingConfig") or {}).get("includeThoughts"):
        parts.append({"text": sentence(scenario.reasoning or 8, seed=5), "thought": True})
    if declared and not answered:
        called = itertools.islice(itertools.cycle(declared), scenario.calls)
        return parts + [
            {
                "functionCall": {
                    "name": function["name"],
                    "args": example(_lower_types(function.get("parameters") or {})),
                }
            }
            for function in called
        ]
    if schema := config.get("responseSchema") or config.get("responseJsonSchema"):
        return [*parts, {"text": json.dumps(example(_lower_types(schema)), ensure_ascii=False)}]
    return [*parts, {"text": sentence(12 if scenario.words is None else scenario.words)}]


def _lower_types(schema: Any) -> Any:
    """Returns a schema whose types are written as JSON Schema does: Google writes them in capitals."""
    if isinstance(schema, dict):
        return {
            key: value.lower() if key == "type" and isinstance(value, str) else _lower_types(value)
            for key, value in schema.items()
        }
    return [_lower_types(item) for item in schema] if isinstance(schema, list) else schema


def _prompt_tokens(body: dict[str, Any]) -> int:
    return sum(count_tokens(body.get(name)) for name in ("contents", "systemInstruction", "tools"))


def _usage(ask: Ask, parts: list[dict[str, Any]]) -> dict[str, Any]:
    scenario = ask.scenario
    prompt = _prompt_tokens(ask.body) + scenario.cached + scenario.audio_in
    thought = sum(len(words_of(part["text"])) for part in parts if part.get("thought")) or scenario.reasoning
    said = sum(
        len(words_of(part["text"])) if "text" in part else count_tokens(part["functionCall"])
        for part in parts
        if not part.get("thought")
    )
    details = [{"modality": "TEXT", "tokenCount": prompt - scenario.audio_in}]
    if scenario.audio_in:
        details.append({"modality": "AUDIO", "tokenCount": scenario.audio_in})
    usage: dict[str, Any] = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": said,
        "totalTokenCount": prompt + said + thought,
        "promptTokensDetails": details,
    }
    if scenario.cached:
        usage["cachedContentTokenCount"] = scenario.cached
        usage["cacheTokensDetails"] = [{"modality": "TEXT", "tokenCount": scenario.cached}]
    if thought:
        usage["thoughtsTokenCount"] = thought
    return usage


def _chunk(
    parts: list[dict[str, Any]], usage: dict[str, Any], head: dict[str, Any], finish: str | None
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": usage, **head}


def _chunks(
    parts: list[dict[str, Any]], usage: dict[str, Any], head: dict[str, Any], finish: str
) -> list[dict[str, Any]]:
    """Returns one chunk for each word or call; each counts what was said so far."""
    pieces = [
        {**part, "text": word} if "text" in part else part
        for part in parts
        for word in (words_of(part["text"]) if "text" in part else [""])
    ] or [{"text": ""}]
    chunks = []
    for number, piece in enumerate(pieces, start=1):
        last = number == len(pieces)
        so_far = (
            usage if last else {**usage, "candidatesTokenCount": min(number, usage["candidatesTokenCount"])}
        )
        chunks.append(_chunk([piece], so_far, head, finish if last else None))
    return chunks


def _vector(text: str) -> list[float]:
    digest = hashlib.sha256(text.encode()).digest()
    return [number / 128 - 1 for number in itertools.islice(itertools.cycle(digest), _DIMENSIONS)]
