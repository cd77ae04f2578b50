"""Google Gemini, on Google AI and on Vertex (ai.google.dev/api/generate-content)."""

from ingest_app.dialects.base import Dialect, Fold, Json, integer, rows, table
from ingest_app.events import Usage

_MERGEABLE = {"text", "thought"}


def usage(answer: Json) -> Usage | None:
    """Returns the token counts.

    Cached tokens are a part of `promptTokenCount`; what tools brought in is beside it, as is what was thought
    beside `candidatesTokenCount`.
    """
    reported = answer.get("usageMetadata")
    if not isinstance(reported, dict):
        return None
    thought = integer(reported.get("thoughtsTokenCount"))
    prompt = [*rows(reported.get("promptTokensDetails")), *rows(reported.get("toolUsePromptTokensDetails"))]
    cached = rows(reported.get("cacheTokensDetails"))
    said = rows(reported.get("candidatesTokensDetails"))
    return Usage(
        prompt_tokens=integer(reported.get("promptTokenCount"))
        + integer(reported.get("toolUsePromptTokenCount")),
        completion_tokens=integer(reported.get("candidatesTokenCount")) + thought,
        cache_read_tokens=integer(reported.get("cachedContentTokenCount")),
        cache_read_audio_tokens=_of(cached, "AUDIO"),
        cache_read_image_tokens=_of(cached, "IMAGE", "DOCUMENT"),
        reasoning_tokens=thought,
        prompt_audio_tokens=_of(prompt, "AUDIO"),
        prompt_image_tokens=_of(prompt, "IMAGE", "DOCUMENT"),
        completion_audio_tokens=_of(said, "AUDIO"),
        completion_image_tokens=_of(said, "IMAGE"),
    )


def embedding_usage(answer: Json) -> Usage | None:
    """Returns the counts of an embedding, where they are told.

    Google AI tells them in `usageMetadata` with its newer models only; Vertex (`predict`) for each input.
    """
    if "predictions" not in answer:
        return usage(answer)
    statistics = [
        table(table(prediction.get("embeddings")).get("statistics"))
        for prediction in rows(answer["predictions"])
    ]
    counts = [integer(of_input.get("token_count")) for of_input in statistics if "token_count" in of_input]
    return Usage(prompt_tokens=sum(counts)) if counts else None


class GeminiFold(Fold):
    """Each chunk is an answer of its own form; parts follow each other, and usage is cumulative."""

    def __init__(self) -> None:
        self._answer: Json = {}
        self._candidates: dict[int, Json] = {}

    def add(self, event_type: str, data: Json) -> bool:
        has_content = False
        for key, value in data.items():
            if key == "usageMetadata":
                self._answer[key] = {**table(self._answer.get(key)), **table(value)}
            elif key != "candidates":
                self._answer[key] = value
        for chunk in rows(data.get("candidates")):
            candidate = self._candidates.setdefault(
                integer(chunk.get("index")), {"content": {"parts": [], "role": "model"}}
            )
            candidate.update({key: value for key, value in chunk.items() if key != "content"})
            content = table(chunk.get("content"))
            candidate["content"]["role"] = content.get("role") or candidate["content"]["role"]
            for part in rows(content.get("parts")):
                has_content |= any(
                    value for key, value in part.items() if key not in {"thought", "thoughtSignature"}
                )
                _append_part(candidate["content"]["parts"], part)
        return has_content

    def answer(self) -> Json | None:
        if not self._answer and not self._candidates:
            return None
        return {
            "candidates": [candidate for _, candidate in sorted(self._candidates.items())],
            **self._answer,
        }


def _append_part(parts: list[Json], part: Json) -> None:
    last = parts[-1] if parts else {}
    continues = (
        isinstance(part.get("text"), str)
        and isinstance(last.get("text"), str)
        and part.keys() | last.keys() <= _MERGEABLE
        and bool(part.get("thought")) == bool(last.get("thought"))
    )
    if continues:
        last["text"] += part["text"]
    else:
        parts.append(dict(part))


def _of(details: list[Json], *modalities: str) -> int:
    return sum(
        integer(detail.get("tokenCount")) for detail in details if detail.get("modality") in modalities
    )


GEMINI = Dialect("gemini", GeminiFold, usage)
GEMINI_EMBEDDINGS = Dialect("gemini-embeddings", None, embedding_usage)
