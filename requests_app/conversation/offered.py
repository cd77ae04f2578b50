"""The tools that a request offers to the model, in any dialect."""

from typing import Any

from requests_app.conversation.model import Tool
from requests_app.conversation.reading import first, mapping, sequence, text, unwrapped, word

# Spans: OpenTelemetry's, the Vercel AI SDK's, OpenInference's, Traceloop's.
_ATTRIBUTES = ("gen_ai.tool.definitions", "ai.prompt.tools", "llm.tools", "llm.request.functions")


def offered_tools(request: dict[str, Any]) -> list[Tool]:
    """Returns the tools that the request offered."""
    bedrock = sequence(mapping(request.get("toolConfig")).get("tools"))
    declared = sequence(unwrapped(first(request, *_ATTRIBUTES)))
    listed = sequence(request.get("tools")) + sequence(request.get("functions")) + bedrock + declared
    return [tool for item in listed for tool in _tools(mapping(unwrapped(item)))]


def _tools(item: dict[str, Any]) -> list[Tool]:
    inner = mapping(item.get("tool"))
    if "json_schema" in inner:  # OpenInference's
        item = mapping(unwrapped(inner["json_schema"]))
    functions = first(item, "functionDeclarations", "function_declarations")
    if isinstance(functions, list):
        return [_tool(mapping(function)) for function in functions]
    if len(item) == 1 and isinstance(next(iter(item.values())), dict) and "function" not in item:
        name, settings = next(iter(item.items()))  # Gemini's googleSearch, Bedrock's toolSpec
        return [_tool(settings)] if name == "toolSpec" else [Tool(name, "", text(settings))]
    return [_tool(mapping(item.get("function")) or item)]


def _tool(function: dict[str, Any]) -> Tool:
    schema = first(function, "parameters", "parametersJsonSchema", "input_schema", "inputSchema") or function
    schema = mapping(schema).get("json") or schema
    name = word(function.get("name")) or word(function.get("type")) or "tool"
    return Tool(name, word(function.get("description")), text(schema))
