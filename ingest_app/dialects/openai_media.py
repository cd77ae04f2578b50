"""OpenAI images, speech, transcriptions and moderations (platform.openai.com/docs/api-reference)."""

import math

import msgspec

from ingest_app.dialects.base import Dialect, Fold, Json, append_text, table, text_of
from ingest_app.dialects.openai_usage import input_usage, prompt_usage
from ingest_app.events import Usage


def image_usage(answer: Json) -> Usage | None:
    """Returns the counts of an answer with pictures: where the output is not told apart, all of it is pictures."""
    usage = input_usage(answer)
    if usage is None or usage.completion_image_tokens:
        return usage
    return msgspec.structs.replace(usage, completion_image_tokens=usage.completion_tokens)


def speech_usage(answer: Json) -> Usage | None:
    """Returns the counts of spoken text, known of streams only: what comes out is audio."""
    usage = input_usage(answer)
    if usage is None:
        return None
    return msgspec.structs.replace(usage, completion_audio_tokens=usage.completion_tokens)


def transcription_usage(answer: Json) -> Usage | None:
    """Returns the counts of a transcription: tokens, or seconds with the models that are charged by length."""
    reported = table(answer.get("usage"))
    if reported.get("type") == "duration":
        return Usage(prompt_audio_seconds=_seconds(reported.get("seconds")))
    if not reported and "duration" in answer:  # `verbose_json` of Whisper on other servers
        return Usage(prompt_audio_seconds=_seconds(answer["duration"]))
    return input_usage(answer)


def moderation_usage(answer: Json) -> Usage | None:
    """Returns what was reported (Mistral charges), else a request that costs nothing: OpenAI's are free."""
    reported = prompt_usage(answer)
    if reported is not None or "results" not in answer:
        return reported
    return Usage(reported_cost_nanodollars=0)


class ImageFold(Fold):
    """`image_generation.completed` (or `image_edit.completed`) holds the picture and the usage."""

    def __init__(self) -> None:
        self._answer: Json = {}
        self._partial: Json = {}

    def add(self, event_type: str, data: Json) -> bool:
        kind = text_of(data.get("type")) or event_type
        if kind.endswith(".completed"):
            self._answer = _as_images(data)
        elif kind.endswith(".partial_image"):
            self._partial = _as_images(data)
        return "b64_json" in data

    def answer(self) -> Json | None:
        return self._answer or self._partial or None


class SpeechFold(Fold):
    """`speech.audio.delta` … `speech.audio.done` become one object with the whole audio in base64."""

    def __init__(self) -> None:
        self._answer: Json = {}

    def add(self, event_type: str, data: Json) -> bool:
        append_text(self._answer, "audio", data.get("audio"))
        if data.get("usage") is not None:
            self._answer["usage"] = data["usage"]
        return bool(data.get("audio"))

    def answer(self) -> Json | None:
        return self._answer or None


class TranscriptionFold(Fold):
    """`transcript.text.delta` … `transcript.text.done`, whose last event holds the whole text and the usage."""

    def __init__(self) -> None:
        self._so_far: Json = {}
        self._answer: Json | None = None

    def add(self, event_type: str, data: Json) -> bool:
        if (text_of(data.get("type")) or event_type) == "transcript.text.done":
            self._answer = {key: value for key, value in data.items() if key != "type"}
            return False
        append_text(self._so_far, "text", data.get("delta"))
        return bool(data.get("delta"))

    def answer(self) -> Json | None:
        return self._answer or self._so_far or None


def _as_images(event: Json) -> Json:
    picture = {"b64_json": event.get("b64_json")}
    kept = {
        key: value
        for key, value in event.items()
        if key not in {"type", "b64_json", "partial_image_index", "created_at"}
    }
    return {"created": event.get("created_at"), "data": [picture], **kept}


def _seconds(value: object) -> int:
    """Returns whole seconds, begun ones counted; 0 for what is no length of time."""
    try:
        seconds = float(value) if isinstance(value, str | int | float) else 0.0
    except ValueError:
        return 0
    return math.ceil(seconds) if 0 < seconds < 10**9 else 0


IMAGES = Dialect("openai-images", ImageFold, image_usage, is_text=False)
SPEECH = Dialect("openai-speech", SpeechFold, speech_usage, is_text=False)
TRANSCRIPTIONS = Dialect("openai-transcriptions", TranscriptionFold, transcription_usage, is_text=False)
MODERATIONS = Dialect("openai-moderations", None, moderation_usage)
