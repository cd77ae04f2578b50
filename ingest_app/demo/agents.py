"""Agent sessions: a plan, calls of tools with their results, a report; each request repeats what came before."""

import random
from functools import cache
from typing import Any

import msgspec

from ingest_app.demo.answers import identifier
from ingest_app.demo.catalog import Model
from ingest_app.demo.corpus_agents import BUG, CONTRACT, REFUND, RESEARCH, Action, Agent
from ingest_app.demo.corpus_offices import ANALYSIS, CAMPAIGN, INVOICES
from ingest_app.demo.dialogue import Ask, Json, Message, Reply, Step, Tool, ToolCall, Work
from ingest_app.demo.scene import Scene

AGENTS = {agent.name: agent for agent in (RESEARCH, REFUND, CONTRACT, BUG, INVOICES, ANALYSIS, CAMPAIGN)}
# How many sessions of each, in the order of AGENTS.
WEIGHTS = (22, 24, 10, 16, 14, 10, 8)

_PARALLEL_CALLS = 0.18
_ID_PREFIX = {"messages": "toolu_01"}
_JSON_TYPE = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array"}


def session(agent: Agent, scene: Scene, model: Model, requests: int) -> Work:
    """Returns a session of `requests` requests (two at least): the first plans, the last reports."""
    tools = _tools(agent)
    history = [Message("user", scene.pick(agent.tasks))]
    steps: list[Step] = []
    path = "/plan"
    for turn in range(requests - 1):
        action = _action_at(agent, turn, requests - 1, scene.rng)
        reply = _calls(scene, model, action, agent.plan if turn == 0 else "")
        steps.append(Step(Ask(agent.system, tuple(history), tools), reply, path, _pause_s(scene.rng)))
        history.append(Message("assistant", reply.text, reply.calls))
        history += [Message("tool", scene.pick(action.results), call_id=call.id) for call in reply.calls]
        path = action.path
    report = Reply(scene.pick(agent.reports))
    steps.append(Step(Ask(agent.system, tuple(history), tools), report, agent.last_path, _pause_s(scene.rng)))
    return Work(agent.feature, steps, agent.name)


def _action_at(agent: Agent, turn: int, turns: int, rng: random.Random) -> Action:
    """In order, with a look to either side once it has begun."""
    place = turn * len(agent.actions) / turns
    if turn:
        place += rng.uniform(-0.8, 0.8)
    return agent.actions[min(max(int(place), 0), len(agent.actions) - 1)]


def _calls(scene: Scene, model: Model, action: Action, plan: str) -> Reply:
    text = scene.write(plan)
    if not plan and action.says and scene.rng.random() < 0.5:
        text = scene.pick(action.says)
    count = 2 if len(action.arguments) > 1 and scene.rng.random() < _PARALLEL_CALLS else 1
    templates = scene.rng.sample(action.arguments, count)
    prefix = _ID_PREFIX.get(model.dialect, "call_")
    calls = tuple(
        ToolCall(identifier(prefix, scene.rng, 22), action.tool, scene.write(template))
        for template in templates
    )
    return Reply(text, calls)


def _pause_s(rng: random.Random) -> float:
    """Returns how long the tools took."""
    return rng.lognormvariate(0.3, 0.9)


@cache
def _tools(agent: Agent) -> tuple[Tool, ...]:
    scene = Scene(random.Random(1))
    tools: dict[str, Tool] = {}
    for action in agent.actions:
        examples = [msgspec.json.decode(scene.write(template)) for template in action.arguments]
        tools.setdefault(action.tool, Tool(action.tool, action.description, _parameters(examples)))
    return tuple(tools.values())


def _parameters(examples: list[dict[str, Any]]) -> Json:
    """Returns the JSON schema that the examples fit; what all of them have is required."""
    properties = {
        name: {"type": _JSON_TYPE[type(value)]} for example in examples for name, value in example.items()
    }
    required = [name for name in properties if all(name in example for example in examples)]
    return {"type": "object", "properties": properties, "required": required}
