"""The scripted model, asked by the real client."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)

from gp_otel.demo.parts.llm import Llm
from gp_otel.demo.parts.llm_rule import LlmRequest, LlmRule

QUESTION = "Please search for Rome, then calculate 6 * 7."
MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]


def tool(name: str, parameter: str) -> ChatCompletionToolParam:
    """Describe a tool with one string as its parameter."""
    schema: dict[str, object] = {
        "type": "object",
        "properties": {parameter: {"type": "string"}},
        "required": [parameter],
    }
    return {"type": "function", "function": {"name": name, "parameters": schema}}


TOOLS = [tool("search", "query"), tool("calculate", "expression")]


@pytest.fixture
def llm() -> Iterator[Llm]:
    """A model that behaves."""
    with Llm() as llm:
        yield llm


@pytest.fixture
def client(llm: Llm) -> Iterator[openai.OpenAI]:
    """A client that tries once, and not for long."""
    with openai.OpenAI(
        base_url=llm.url, api_key="none", timeout=1, max_retries=0
    ) as client:
        yield client


def ask(client: openai.OpenAI, **options: Any) -> str | None:
    """Ask without a stream; the text of the answer."""
    answer: ChatCompletion = client.chat.completions.create(
        model="small", messages=MESSAGES, **options
    )
    return answer.choices[0].message.content


def listen(client: openai.OpenAI) -> list[str]:
    """Ask with a stream; the pieces of the answer."""
    with client.chat.completions.create(
        model="small", messages=MESSAGES, stream=True
    ) as chunks:
        return [
            chunk.choices[0].delta.content
            for chunk in chunks
            if chunk.choices[0].delta.content
        ]


def test_a_conversation_with_tools(llm: Llm, client: openai.OpenAI) -> None:
    """Each tool that the question names is called once, then all is summed up."""
    messages: list[Any] = list(MESSAGES)
    calls: list[tuple[str, str]] = []
    for result in ("Rome is old.", "42"):
        answer = client.chat.completions.create(
            model="small", messages=messages, tools=TOOLS
        ).choices[0]
        assert "tool_calls" == answer.finish_reason
        assert answer.message.tool_calls
        call = answer.message.tool_calls[0]
        assert call.type == "function"
        calls.append((call.function.name, call.function.arguments))
        messages.append(answer.message.to_dict())
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    last = client.chat.completions.create(model="small", messages=messages, tools=TOOLS)

    assert [
        ("search", json.dumps({"query": QUESTION})),
        ("calculate", '{"expression": "6 * 7"}'),
    ] == calls
    said = f"You asked: {QUESTION} I found: Rome is old.; 42"
    assert said == last.choices[0].message.content


def test_a_streamed_tool_call(client: openai.OpenAI) -> None:
    """Its pieces make up what the client would have got in one."""
    with client.chat.completions.stream(
        model="small",
        messages=MESSAGES,
        tools=TOOLS,
        stream_options={"include_usage": True},
    ) as stream:
        answer = stream.get_final_completion()

    calls = answer.choices[0].message.tool_calls or []
    assert [("search", json.dumps({"query": QUESTION}))] == [
        (call.function.name, call.function.arguments) for call in calls
    ]
    assert answer.usage is not None
    assert answer.usage.total_tokens > 9


def test_the_same_question_twice(client: openai.OpenAI) -> None:
    """The answer is the same, streamed or not."""
    assert {f"You said: {QUESTION}"} == {
        ask(client),
        ask(client),
        "".join(listen(client)),
    }


def test_an_answer_that_has_to_fit_a_schema(client: openai.OpenAI) -> None:
    """A choice that the question names is taken."""
    schema = {
        "type": "object",
        "properties": {
            "city": {"enum": ["paris", "rome"]},
            "sure": {"type": "boolean"},
            "count": {"type": "integer"},
        },
        "required": ["city", "sure", "count"],
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}

    said = ask(client, response_format=wanted)

    assert '{"city": "rome", "sure": true, "count": 6}' == said


def test_the_responses_api(client: openai.OpenAI) -> None:
    """Text and calls, whole and streamed, are what the client's types expect."""
    search: Any = {"type": "function", "strict": True, **TOOLS[0]["function"]}
    said = client.responses.create(model="small", input="Hello there")
    with client.responses.stream(model="small", input="Hello there") as stream:
        streamed = stream.get_final_response()
    with client.responses.stream(
        model="small", input=QUESTION, tools=[search]
    ) as stream:
        call = stream.get_final_response().output[0]

    assert "You said: Hello there" == said.output_text == streamed.output_text
    assert call.type == "function_call"
    assert ("search", json.dumps({"query": QUESTION})) == (call.name, call.arguments)


def test_an_answer_that_is_cut_short_by_the_api(
    llm: Llm, client: openai.OpenAI
) -> None:
    """Both APIs have their own word for it."""
    llm.behave(kind="length")
    whole = client.chat.completions.create(model="small", messages=MESSAGES)
    response = client.responses.create(model="small", input=QUESTION)

    assert "length" == whole.choices[0].finish_reason
    assert response.incomplete_details is not None
    assert "max_output_tokens" == response.incomplete_details.reason


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("asking", [ask, listen])
def test_an_error(
    llm: Llm,
    client: openai.OpenAI,
    status: int,
    error: type[openai.APIStatusError],
    asking: Any,
) -> None:
    """The client raises what it raises for the real API."""
    llm.behave(kind="status", status=status)

    with pytest.raises(error):
        asking(client)
    assert 1 == llm.count(status=status)


def test_a_rate_limit_that_the_client_sits_out(llm: Llm, client: openai.OpenAI) -> None:
    """Two refusals with `retry-after`, then the answer; each attempt is remembered."""
    llm.behave(kind="status", status=429, retry_after=0.01, times=2)

    assert f"You said: {QUESTION}" == ask(client.with_options(max_retries=2))
    assert [(429, 0), (429, 1), (200, 2)] == [(r.status, r.retry) for r in llm.requests]


@pytest.mark.parametrize(
    ("kind", "said", "finish"),
    [("empty", "", "stop"), ("filtered", "", "content_filter")],
)
def test_an_answer_without_text(
    llm: Llm, client: openai.OpenAI, kind: str, said: str, finish: str
) -> None:
    """It is well-formed and says nothing; a stream of it has no piece."""
    llm.behave(kind=kind)
    answer = client.chat.completions.create(model="small", messages=MESSAGES)

    assert (said, finish) == (
        answer.choices[0].message.content,
        answer.choices[0].finish_reason,
    )
    assert [] == listen(client)


def test_html_instead_of_json(llm: Llm, client: openai.OpenAI) -> None:
    """The status says 200, and the client hands out the page."""
    llm.behave(kind="html")

    answer: Any = client.chat.completions.create(model="small", messages=MESSAGES)

    assert str(answer).startswith("<html>")


def test_json_of_something_else(llm: Llm, client: openai.OpenAI) -> None:
    """The client hands out an answer without choices."""
    llm.behave(kind="foreign")

    answer: Any = client.chat.completions.create(model="small", messages=MESSAGES)

    assert None is answer.choices


@pytest.mark.parametrize("kind", ["cut", "reset"])
@pytest.mark.parametrize("asking", [ask, listen])
def test_a_connection_that_ends(
    llm: Llm, client: openai.OpenAI, kind: str, asking: Any
) -> None:
    """The client cannot connect, as it puts it."""
    llm.behave(kind=kind, chunks=3)

    with pytest.raises(openai.APIConnectionError):
        asking(client)
    assert ["cut"] == [request.ended for request in llm.requests]


def test_a_stream_that_breaks_after_its_first_words(
    llm: Llm, client: openai.OpenAI
) -> None:
    """What came before the cut was received."""
    llm.behave(kind="cut", chunks=4)
    pieces: list[str | None] = []
    with (
        pytest.raises(openai.APIConnectionError),
        client.chat.completions.create(
            model="small", messages=MESSAGES, stream=True
        ) as chunks,
    ):
        pieces.extend(chunk.choices[0].delta.content for chunk in chunks)

    assert ["", "You ", "said: ", "Please "] == pieces


def test_a_stream_that_reports_an_error(llm: Llm, client: openai.OpenAI) -> None:
    """It began with status 200."""
    llm.behave(kind="error_event")

    with pytest.raises(openai.APIError, match="scripted server"):
        listen(client)
    assert [200] == [request.status for request in llm.requests]


def test_a_slow_stream(llm: Llm, client: openai.OpenAI) -> None:
    """Every piece takes its time, and all of them come."""
    llm.behave(kind="drip", seconds=0.02)
    begun = time.monotonic()

    assert f"You said: {QUESTION}" == "".join(listen(client))
    assert time.monotonic() - begun > 0.2


def test_silence(llm: Llm, client: openai.OpenAI) -> None:
    """The client gives up, and the server notices."""
    llm.behave(kind="hang")

    with pytest.raises(openai.APITimeoutError):
        ask(client.with_options(timeout=0.2))
    assert llm.wait_for(lambda requests: requests[0].ended == "abandoned")
    assert [None] == [request.status for request in llm.requests]


def test_silence_that_ends(llm: Llm, client: openai.OpenAI) -> None:
    """A request that hangs can be awaited, and let go."""
    llm.behave(kind="hang", chunks=2)
    heard: list[list[str]] = []
    listener = threading.Thread(
        target=lambda: heard.append(listen(client.with_options(timeout=20)))
    )
    listener.start()
    arrived = llm.wait_for(lambda requests: len(requests) == 1)
    llm.release()
    listener.join(20)

    assert arrived
    assert [f"You said: {QUESTION}"] == ["".join(pieces) for pieces in heard]


def test_rules_for_some_requests_only(llm: Llm, client: openai.OpenAI) -> None:
    """A rule is for those that mention it, in the prompt or as their model."""
    llm.behave(
        LlmRule(kind="say", about="Rome", text="all roads", times=1),
        LlmRule(kind="status", status=500, about="large"),
    )

    assert ["all roads", f"You said: {QUESTION}"] == [ask(client), ask(client)]
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="large", messages=MESSAGES)


def test_rules_within_a_block(llm: Llm, client: openai.OpenAI) -> None:
    """After the block the model behaves again."""
    with llm.behaving(kind="say", text="no"):
        inside = ask(client)

    assert ("no", f"You said: {QUESTION}") == (inside, ask(client))


def test_rules_that_stay() -> None:
    """They hold whenever nothing else is set."""
    stay = LlmRule(kind="say", text="always")
    with (
        Llm(always=[stay]) as llm,
        openai.OpenAI(base_url=llm.url, api_key="none") as client,
    ):
        llm.behave(kind="say", text="now", times=1)

        assert ["now", "always"] == [ask(client), ask(client)]


def test_nobody_listens(llm: Llm, client: openai.OpenAI) -> None:
    """A server that is down comes back on the same port."""
    ask(client)
    llm.refuse()
    with pytest.raises(openai.APIConnectionError):
        ask(client)
    llm.normal()

    assert f"You said: {QUESTION}" == ask(client)
    assert 2 == llm.count()


def test_what_is_remembered(llm: Llm, client: openai.OpenAI) -> None:
    """The whole request, as evidence."""
    listen(client)

    assert (
        LlmRequest(
            path="/v1/chat/completions",
            model="small",
            stream=True,
            retry=0,
            kind="normal",
            status=200,
            ended="complete",
        ),
    ) == llm.requests


def test_closing_while_a_request_hangs() -> None:
    """It waits for nobody."""
    failed: list[Exception] = []

    def wait() -> None:
        with openai.OpenAI(base_url=model.url, api_key="none", max_retries=0) as client:
            try:
                ask(client)
            except openai.APIConnectionError as error:
                failed.append(error)

    with Llm() as model:
        model.behave(kind="hang")
        waiting = threading.Thread(target=wait)
        waiting.start()
        model.wait_for(lambda requests: len(requests) == 1)
        begun = time.monotonic()
    took = time.monotonic() - begun
    waiting.join(10)

    assert took < 1
    assert 1 == len(failed)
