"""What the scripted model says: the same for the same conversation, always."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

Schema = Mapping[str, Any]

_TOO_COMMON = frozenset({"call", "from", "tool", "with", "transfer", "user", "what"})
_FORMULAS = frozenset({"expression", "formula"})


@dataclass(frozen=True, slots=True)
class Say:
    """The model answers with text."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """The model asks for a tool."""

    tool: str
    arguments: Mapping[str, Any]


Reply = Say | Call


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a conversation; `tools` are those that an assistant called."""

    role: str
    text: str = ""
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model was asked, however the API words it.

    `tools` has the parameters' schema by name; `choice` is `auto`, `none`,
    `required` or a tool's name; `schema` is what the answer must look like.
    """

    messages: Sequence[Message]
    tools: Mapping[str, Schema]
    choice: str = "auto"
    schema: Schema | None = None

    @property
    def text(self) -> str:
        """All that was said so far."""
        return "\n".join(message.text for message in self.messages)

    @property
    def question(self) -> str:
        """What the user said last."""
        return next((m.text for m in reversed(self.messages) if m.role == "user"), "")

    @property
    def since_question(self) -> Sequence[Message]:
        """What happened after the user spoke last."""
        asked = [i for i, m in enumerate(self.messages) if m.role == "user"]
        return self.messages[asked[-1] + 1 :] if asked else self.messages


def reply_to(prompt: Prompt) -> Reply:
    """Call the tools that the question names, one a turn, then sum up.

    A question names a tool when it has a word of the tool's name: `weather` for
    `get_weather`. Arguments are filled from the question by the tool's schema.
    """
    wanted = _wanted_tool(prompt)
    if wanted is not None:
        return Call(wanted, _fill(prompt.tools[wanted], prompt.question))
    if prompt.schema is not None:
        return Say(json.dumps(_fill(prompt.schema, prompt.question)))
    results = [m.text for m in prompt.since_question if m.role == "tool"]
    if results:
        return Say(f"You asked: {prompt.question} I found: {'; '.join(results)}")
    return Say(f"You said: {prompt.question}")


def _wanted_tool(prompt: Prompt) -> str | None:
    called = {tool for message in prompt.since_question for tool in message.tools}
    open_ones = [name for name in prompt.tools if name not in called]
    if prompt.choice in open_ones:
        return prompt.choice
    if prompt.choice == "none" or not open_ones:
        return None
    words = _words(prompt.question)
    for name in open_ones:
        if any(_alike(a, b) for a in _words(name) for b in words):
            return name
    return open_ones[0] if prompt.choice == "required" else None


def _words(text: str) -> set[str]:
    found = re.findall(r"[a-z]{4,}", text.lower())
    return set(found) - _TOO_COMMON


def _alike(one: str, other: str) -> bool:
    """Tell `calculate` and `calculation` from words that only begin alike."""
    same = sum(
        1
        for _ in takewhile(
            lambda pair: pair[0] == pair[1], zip(one, other, strict=False)
        )
    )
    return same >= max(4, min(len(one), len(other)) - 1)


def _fill(schema: Schema, question: str, name: str = "") -> Any:
    """Make a value that fits a JSON schema out of the question."""
    if "$ref" in schema or "anyOf" in schema:
        return _fill(_resolve(schema), question, name)
    if choices := schema.get("enum", [schema["const"]] if "const" in schema else []):
        named = (
            choice for choice in choices if str(choice).lower() in question.lower()
        )
        return next(named, choices[0])
    match schema.get("type"):
        case "object" | None:
            return _fill_object(schema, question)
        case "array":
            return [_fill(schema.get("items", {"type": "string"}), question)]
        case kind:
            return _fill_plain(str(kind), question, name)


def _fill_plain(kind: str, question: str, name: str) -> str | int | bool | None:
    number = re.search(r"-?\d+", question)
    formula = re.search(r"[\d(][\d\s.+*/()-]*[\d)]", question)
    if kind in {"integer", "number"}:
        return int(number.group()) if number else 1
    if kind == "string":
        found = formula if name in _FORMULAS else None
        return found.group().strip() if found else question
    return True if kind == "boolean" else None


def _fill_object(schema: Schema, question: str) -> dict[str, Any]:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    shared = {"$defs": schema.get("$defs", {})}
    return {
        name: _fill({**shared, **properties[name]}, question, name)
        for name in schema.get("required", properties)
        if name in properties
    }


def _resolve(schema: Schema) -> Schema:
    shared = {"$defs": schema.get("$defs", {})}
    if "anyOf" in schema:
        return {**shared, **schema["anyOf"][0]}
    name = schema["$ref"].rpartition("/")[2]
    return {**shared, **shared["$defs"].get(name, {})}
