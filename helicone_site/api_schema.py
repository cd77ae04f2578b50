"""What the OpenAPI schema says of every operation, so that no view has to: its group, and how calls are refused."""

from typing import Any

from helicone_site.api_errors import HELICONE

_REFUSALS = {
    "400": "What is asked for cannot be read, or not be done; the answer says what and where.",
    "403": "The API key may not do this.",
    "404": "There is no such thing in the caller's organization.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "429": "Too many calls; Retry-After says when to go on.",
}
_SCHEMAS = {
    "Refusal": {
        "type": "object",
        "description": "Either `detail`, or what is wrong by the name of the parameter.",
        "additionalProperties": {},
    },
    "HeliconeRefusal": {
        "type": "object",
        "properties": {"data": {"nullable": True}, "error": {"type": "string"}},
        "required": ["data", "error"],
    },
    "HeliconeUnauthenticated": {
        "type": "object",
        "properties": {"error": {"type": "string"}, "trace": {"type": "string"}},
        "required": ["error", "trace"],
    },
}


def describe_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Returns the schema with the answers of refused calls, where a view has not described its own."""
    result["components"]["schemas"].update(_SCHEMAS)
    for path, operations in result["paths"].items():
        is_helicone = path.startswith(HELICONE)
        for operation in operations.values():
            refusal = _answer("HeliconeRefusal" if is_helicone else "Refusal")
            answers = {status: {"description": text, **refusal} for status, text in _REFUSALS.items()}
            if operation.get("security"):
                unknown = _answer("HeliconeUnauthenticated" if is_helicone else "Refusal")
                answers["401"] = {"description": "There is no valid API key.", **unknown}
            operation["responses"] = {**answers, **operation["responses"]}
    return result


def group_by_address(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Returns the schema with operations in groups: the first part of their addresses, Helicone's behind ours."""
    for path, operations in result["paths"].items():
        first = path.split("/")[2].replace("-", " ")
        for operation in operations.values():
            operation["tags"] = [f"Helicone: {first}" if path.startswith(HELICONE) else first]
    return result


def _answer(schema: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
