"""Pictures, speech, transcriptions and moderations."""

import base64
from typing import Any

from requests_app.conversation.model import Message, Part, PartKind
from requests_app.conversation.parts import content_parts
from requests_app.conversation.reading import data_url, first, mapping, sequence, text, word

Json = dict[str, Any]

# The first bytes of a sound or picture, and its media type.
_SIGNATURES = (
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
_SHOWN_SCORES = 5


def media_type_of(content: bytes) -> str:
    """Returns the media type of a sound or picture by its first bytes, "" when it looks like neither."""
    if content[:4] == b"RIFF":
        return {b"WAVE": "audio/wav", b"WEBP": "image/webp"}.get(content[8:12], "")
    if content[4:8] == b"ftyp":
        return "audio/mp4"
    return next((media_type for start, media_type in _SIGNATURES if content.startswith(start)), "")


def bytes_part(content: bytes, media_type: str) -> Part:
    """Returns a part that shows or plays `content`."""
    kind = PartKind.IMAGE if media_type.startswith("image/") else PartKind.AUDIO
    return Part(kind, source=f"data:{media_type};base64,{base64.b64encode(content).decode()}")


def prompt_request(request: Json) -> list[Message]:
    """Returns the prompt of a picture, with the pictures that it starts from."""
    parts = content_parts(first(request, "prompt", "input", "instructions"))
    for name in ("image", "images", "mask"):
        given = request.get(name)
        for image in given if isinstance(given, list) else [given]:
            if isinstance(image, str):
                parts.append(Part(PartKind.IMAGE, source=data_url("image/png", image)))
    return [Message("prompt", parts)] if parts else []


def image_answer(response: Json) -> list[Message]:
    """Returns one message with all pictures, and the prompts as the provider rewrote them."""
    kind = word(response.get("output_format")) or "png"
    parts = []
    for picture in map(mapping, sequence(response.get("data"))):
        source = data_url(f"image/{kind}", picture.get("b64_json")) or word(picture.get("url"))
        parts.append(Part(PartKind.IMAGE, source=source))
        if picture.get("revised_prompt"):
            parts.append(Part(PartKind.TEXT, text=text(picture["revised_prompt"]), name="revised prompt"))
    for prediction in map(mapping, sequence(response.get("predictions"))):
        media_type = word(prediction.get("mimeType")) or "image/png"
        parts.append(Part(PartKind.IMAGE, source=data_url(media_type, prediction.get("bytesBase64Encoded"))))
    return [Message("image", parts, is_answer=True)] if parts else []


def speech_request(request: Json) -> list[Message]:
    """Returns how to speak, and what."""
    manner = content_parts(request.get("instructions"))
    words = content_parts(first(request, "input", "text"))
    messages = [Message("system", manner)] if manner else []
    return [*messages, Message("user", words)] if words else messages


def speech_answer(response: Json) -> list[Message]:
    """Returns the sound of a streamed answer, which is kept in base64."""
    source = data_url("audio/mpeg", response.get("audio"))
    return [Message("speech", [Part(PartKind.AUDIO, source=source)], is_answer=True)] if source else []


def transcription_answer(response: Json) -> list[Message]:
    """Returns what was said, with its speakers where they are told apart."""
    segments = [mapping(segment) for segment in sequence(response.get("segments"))]
    if any("speaker" in segment for segment in segments):
        lines = [
            f"{word(segment.get('speaker'))}: {text(segment.get('text')).strip()}" for segment in segments
        ]
        parts = [Part(PartKind.TEXT, text="\n\n".join(lines))]
    else:
        parts = content_parts(response.get("text"))
    return [Message("transcript", parts, is_answer=True)] if parts else []


def moderation_request(request: Json) -> list[Message]:
    """Returns the texts and pictures to be judged."""
    given = request.get("input")
    parts = content_parts(given)
    return [Message("input", parts)] if parts else []


def moderation_answer(response: Json) -> list[Message]:
    """Returns one message per judged input: what it was flagged for, and the highest scores."""
    results = [mapping(result) for result in sequence(response.get("results"))]
    messages = []
    for position, result in enumerate(results):
        messages.append(
            Message(
                "moderation",
                [Part(PartKind.TEXT, text=_verdict(result)), Part(PartKind.JSON, _scores(result), "scores")],
                is_answer=True,
                choice=position if len(results) > 1 else None,
            )
        )
    return messages


def _verdict(result: Json) -> str:
    flagged = [name for name, is_so in mapping(result.get("categories")).items() if is_so is True]
    if flagged:
        return f"Flagged: {', '.join(flagged)}"
    return "Flagged" if result.get("flagged") is True else "Not flagged"


def _scores(result: Json) -> str:
    scores = mapping(result.get("category_scores"))
    numbers = {name: score for name, score in scores.items() if isinstance(score, int | float)}
    highest = sorted(numbers.items(), key=lambda pair: -pair[1])[:_SHOWN_SCORES]
    return "\n".join(f"{score:.4f}  {name}" for name, score in highest)
