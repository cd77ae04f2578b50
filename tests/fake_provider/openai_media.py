"""`/v1/images/…`, `/v1/audio/…` and `/v1/moderations`."""

import base64
import zlib
from typing import Any

from tests.fake_provider.answer import Answer, Ask, Refused, named_event, pretty
from tests.fake_provider.text import count_tokens, identifier, sentence, words_of

# A PNG of one pixel.
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_TOKENS_A_PICTURE = 272
_SECONDS = 9


def images(ask: Ask) -> Answer:
    """Returns pictures made of a prompt (generations), or of pictures in a form as well (edits). Raises Refused."""
    body = ask.body
    if not body.get("prompt"):
        raise Refused(400, "Missing required parameter: 'prompt'.", param="prompt")
    number = int(body.get("n") or 1)
    text_tokens = count_tokens(str(body["prompt"]))
    image_tokens = 194 * sum(isinstance(value, bytes) for value in body.values())
    usage = {
        "input_tokens": text_tokens + image_tokens,
        "input_tokens_details": {"text_tokens": text_tokens, "image_tokens": image_tokens},
        "output_tokens": number * _TOKENS_A_PICTURE,
        "total_tokens": text_tokens + image_tokens + number * _TOKENS_A_PICTURE,
    }
    picture = base64.b64encode(_PICTURE).decode()
    settings = {"background": "opaque", "output_format": "png", "quality": "low", "size": "1024x1024"}
    whole = {
        "created": int(ask.now),
        **settings,
        "data": [{"b64_json": picture} for _ in range(number)],
        "usage": usage,
    }
    if str(body.get("stream")).lower() != "true":
        return Answer(body=pretty(whole), whole=whole, usage=usage)
    name = "image_edit" if ask.path.endswith("/edits") else "image_generation"
    event = {"created_at": int(ask.now), "b64_json": picture, **settings}
    partial = {"type": f"{name}.partial_image", "partial_image_index": 0, **event}
    completed = {"type": f"{name}.completed", **event, "usage": usage}
    return _stream([partial, completed], whole, usage)


def speech(ask: Ask) -> Answer:
    """Returns bytes that stand for spoken text, or with `stream_format` events of them. Raises Refused."""
    text = ask.body.get("input")
    if not isinstance(text, str):
        raise Refused(400, "Missing required parameter: 'input'.", param="input")
    audio = b"ID3\x04" + zlib.compress(text.encode()) * 20
    if ask.body.get("stream_format") != "sse":
        return Answer(body=audio, content_type="audio/mpeg")
    said = len(words_of(text)) * 5
    usage = {
        "input_tokens": count_tokens(text),
        "output_tokens": said,
        "total_tokens": count_tokens(text) + said,
    }
    events = [
        {"type": "speech.audio.delta", "audio": base64.b64encode(audio[at : at + 300]).decode()}
        for at in range(0, len(audio), 300)
    ]
    return _stream([*events, {"type": "speech.audio.done", "usage": usage}], None, usage)


def transcription(ask: Ask) -> Answer:
    """Returns what is said in a file: priced by tokens, or with Whisper by length. Raises Refused."""
    if not isinstance(ask.body.get("file"), bytes):
        raise Refused(400, "Missing required parameter: 'file'.", param="file")
    text = sentence(12 if ask.scenario.words is None else ask.scenario.words)
    if str(ask.body.get("model")).startswith("whisper"):
        usage: dict[str, Any] = {"type": "duration", "seconds": _SECONDS}
    else:
        heard, said = _SECONDS * 10, len(words_of(text))
        usage = {
            "type": "tokens",
            "input_tokens": heard,
            "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
            "output_tokens": said,
            "total_tokens": heard + said,
        }
    whole = {"text": text, "usage": usage}
    if ask.body.get("response_format") == "text":
        return Answer(body=text.encode() + b"\n", content_type="text/plain; charset=utf-8")
    if str(ask.body.get("stream")).lower() != "true":
        return Answer(body=pretty(whole), whole=whole, usage=usage)
    deltas = [{"type": "transcript.text.delta", "delta": word} for word in words_of(text)]
    return _stream([*deltas, {"type": "transcript.text.done", **whole}], whole, usage)


def moderation(ask: Ask) -> Answer:
    """Returns a verdict: flagged is what speaks of murder. Raises Refused where the text asks for that."""
    given = ask.body.get("input")
    number = len(given) if isinstance(given, list) else 1
    flagged = "murder" in str(given)
    if "moderation is down" in str(given):
        raise Refused(503, "The server is overloaded.")
    whole = {
        "id": identifier("modr-", ask.request_id),
        "model": ask.body.get("model") or "omni-moderation-latest",
        "results": [
            {
                "flagged": flagged,
                "categories": {"hate": False, "violence": flagged},
                "category_scores": {"hate": 0.01, "violence": 0.98 if flagged else 0.01},
            }
            for _ in range(number)
        ],
    }
    return Answer(body=pretty(whole), whole=whole)


def _stream(events: list[dict[str, Any]], whole: dict[str, Any] | None, usage: dict[str, Any]) -> Answer:
    return Answer(
        events=[named_event(event) for event in events],
        content_type="text/event-stream; charset=utf-8",
        whole=whole,
        usage=usage,
    )
