"""Models: calls of OpenAI's client, from who was asked to what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast
from urllib.parse import SplitResult, urlsplit

from gp_otel import catalogue as c
from gp_otel.answers import Answer, Shape
from gp_otel.attempt import Attempt
from gp_otel.failure import FailurePoint
from gp_otel.watched import Call, Fields

CONTENT_TYPE: Final = "content_type"
"""The fact of a model call that the transport below it finds out."""

_ANSWER: Final = "answer"
_FILTER_CODES: Final = frozenset({"content_filter", "content_policy_violation"})


def describe(call: Call) -> Fields:
    """Say who was asked for which model, and what came of it."""
    host = _base_url(call).hostname
    provider, model = provider_of(host), _model(call)
    attempts = call.operation.attempts if call.operation is not None else []
    answer = _answer(call)
    return {
        c.PROVIDER: provider,
        c.MODEL: model,
        c.ERROR_CODE: _error_code(call, answer),
        c.RETRY_DELAY: _retry_delay(call),
        c.RETRY_ATTEMPTED: len(attempts) > (call.error is not None),
        c.ATTEMPTS: max(len(attempts) + (call.error is None), 1),
        c.FINISH_REASON: _finish_reason(call, answer),
        c.OUTPUT_TOKENS: answer.output_tokens if answer is not None else None,
        c.CONTENT_TYPE: _content_type(call),
        c.GEN_AI_PROVIDER_NAME: provider,
        c.GEN_AI_REQUEST_MODEL: model,
        c.SERVER_ADDRESS: host,
        c.HTTP_RESPONSE_STATUS_CODE: _status(call),
    }


def dependency(call: Call) -> str | None:
    """Name the server that was asked."""
    url = _base_url(call)
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.hostname}{port}" if url.hostname else None


def provider_of(host: str | None) -> str:
    """Name the provider at a host; who is not known is named by the host."""
    if host is None:
        return "unknown"
    if host == "api.openai.com" or host.endswith(".api.openai.com"):
        return "openai"
    return "azure.ai.openai" if host.endswith(".openai.azure.com") else host


def failed(call: Call) -> FailurePoint:
    """Choose by the context: within an agent run it is the agent's failure."""
    return c.AGENT_LLM_CALL_FAILED if call.inside("run") else c.SERVICE_LLM_FAILED


def refused(call: Call) -> FailurePoint:
    """Tell a content filter that answers with 400 from other refusals."""
    if getattr(call.error, "code", None) in _FILTER_CODES:
        return c.SERVICE_LLM_FILTERED
    return failed(call)


def judge(call: Call) -> FailurePoint | None:
    """Look at a whole answer; a stream is looked at where it is read."""
    shape = _shape(call)
    if shape is None or _is_not_the_answer(call.result):
        return None
    answer = Answer(shape)
    if isinstance(call.result, (str, bytes)) or not _matches(shape, call.result):
        answer.is_foreign = True
    else:
        answer.take(call.result)
    return _settle(call, answer, answer.verdict())


def take(call: Call, piece: Any) -> None:
    """Look at one piece of a stream."""
    shape = _shape(call)
    if shape is not None and call.operation is not None:
        facts = call.operation.facts
        if _ANSWER not in facts:
            facts[_ANSWER] = Answer(shape)
        facts[_ANSWER].take(piece)


def judge_stream(call: Call) -> FailurePoint | None:
    """Look at a stream that has ended: whether it was all, and not empty."""
    shape = _shape(call)
    if shape is None:
        return None
    answer = _answer(call) or Answer(shape)
    if _answer(call) is None and "event-stream" not in (_content_type(call) or ""):
        answer.is_foreign = True
    return _settle(call, answer, answer.verdict_of_stream())


def finished(call: Call) -> bool:
    """Tell whether a stream that nobody reads on has had its last piece."""
    answer = _answer(call)
    return answer is not None and answer.finish_reason is not None


def note_delay(call: Call) -> None:
    """Note on the last attempt how long the client itself waits after it."""
    asked = call.inside("llm")
    if asked is not None and isinstance(call.result, float):
        tried = asked.attempts.pop() if asked.attempts else Attempt("unknown")
        asked.attempts.append(replace(tried, retry_after=call.result))


def _settle(
    call: Call, answer: Answer, point: FailurePoint | None
) -> FailurePoint | None:
    if call.operation is not None:
        call.operation.facts[_ANSWER] = answer
    return failed(call) if point is c.SERVICE_LLM_FAILED else point


def _answer(call: Call) -> Answer | None:
    return call.operation.facts.get(_ANSWER) if call.operation is not None else None


def _client(call: Call) -> Any:
    """The client: a stream and a raw response know whose they are."""
    made_by = getattr(call.instance, "_client", None)
    return call.instance if hasattr(call.instance, "base_url") else made_by


def _options(call: Call) -> Any:
    return getattr(call.instance, "_options", None) or call.argument("options")


def _base_url(call: Call) -> SplitResult:
    return urlsplit(str(getattr(_client(call), "base_url", "")))


def _model(call: Call) -> str | None:
    sent: Any = getattr(_options(call), "json_data", None)
    if not isinstance(sent, Mapping):
        return None
    model = cast("Mapping[str, object]", sent).get("model")
    return str(model) if model else None


def _shape(call: Call) -> Shape | None:
    """Tell from the path which answer was asked for, where one is looked at."""
    sent = _options(call) or getattr(_response(call), "request", None)
    url = str(getattr(sent, "url", ""))
    if str(getattr(sent, "method", "")).lower() != "post":
        return None
    if url.endswith("/completions"):
        return "completion"
    return "response" if url.endswith("/responses") else None


def _response(call: Call) -> Any:
    """The HTTP response of a stream or of a raw response."""
    of_stream = getattr(call.instance, "response", None)
    return of_stream or getattr(call.instance, "http_response", None)


def _is_not_the_answer(result: Any) -> bool:
    """Tell a stream, a raw or a binary response, which are read later."""
    return hasattr(result, "http_response") or hasattr(result, "response")


def _matches(shape: Shape, result: Any) -> bool:
    return shape == "completion" or getattr(result, "object", None) == "response"


def _error_code(call: Call, answer: Answer | None) -> str | None:
    error = call.error
    if error is None:
        return answer.error_code if answer is not None else None
    if call.limit is not None:
        return "timeout"
    code = getattr(error, "code", None) or getattr(error, "status_code", None)
    return str(code) if code is not None else type(error).__name__


def _retry_delay(call: Call) -> float | None:
    """The last delay known: what the server asked for, else the client's own."""
    attempts = call.operation.attempts if call.operation is not None else []
    delays = [a.retry_after for a in attempts if a.retry_after is not None]
    return delays[-1] if delays else None


def _finish_reason(call: Call, answer: Answer | None) -> str | None:
    if answer is None and getattr(call.error, "code", None) in _FILTER_CODES:
        return "content_filter"
    return answer.finish_reason if answer is not None else None


def _content_type(call: Call) -> str | None:
    response = _response(call)
    if response is not None:
        return str(response.headers.get("content-type"))
    return call.operation.facts.get(CONTENT_TYPE) if call.operation else None


def _status(call: Call) -> int | None:
    attempts = call.operation.attempts if call.operation is not None else []
    status = getattr(call.error, "status_code", None)
    return status or (attempts[-1].status if attempts and call.error else None)
