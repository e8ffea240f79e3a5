"""OpenAI: models that fail, and answers with nothing in them.

Every call goes through `request`, which tries again by itself: what its transport
meets on the way is handed up and judged here. A stream is read later, so its reading
is a call of its own; so is a raw response, which other libraries ask for. Neither
prompts nor answers are kept.
"""

from __future__ import annotations

from gp_otel import catalogue as c
from gp_otel import models
from gp_otel.failure import Stage
from gp_otel.instrumentor import Instrumentor, Watched
from gp_otel.watched import Verdict

FAILURES: dict[str, Verdict] = {
    "openai.OpenAIError": models.failed,
    "openai.BadRequestError": models.refused,
    "openai.APIResponseValidationError": c.SERVICE_LLM_MALFORMED,
    "openai.LengthFinishReasonError": c.AGENT_RESULT_PROCESSING_FAILED,
    "openai.ContentFilterFinishReasonError": c.AGENT_RESULT_PROCESSING_FAILED,
    # A body that is no JSON, and a text that is not what was asked for.
    "json.decoder.JSONDecodeError": c.SERVICE_LLM_MALFORMED,
    "pydantic_core._pydantic_core.ValidationError": c.AGENT_RESULT_PROCESSING_FAILED,
}

OPENAI = Instrumentor(
    library="openai>=1.50,<4",
    watched=(
        Watched(
            calls=(
                "openai._base_client:SyncAPIClient.request",
                "openai._base_client:AsyncAPIClient.request",
            ),
            stage=Stage.SERVICE,
            kind="llm",
            compound=True,
            holds=True,
            failures=FAILURES,
            judge=models.judge,
            times_out=models.failed,
            retried=c.SERVICE_LLM_RETRIED,
            describe=models.describe,
            dependency=models.dependency,
        ),
        Watched(
            calls=(
                "openai._streaming:Stream.__stream__",
                "openai._streaming:AsyncStream.__stream__",
            ),
            stage=Stage.SERVICE,
            kind="llm",
            compound=True,
            failures=FAILURES,
            item=models.take,
            judge=models.judge_stream,
            finished=models.finished,
            times_out=models.failed,
            describe=models.describe,
            dependency=models.dependency,
        ),
        Watched(
            calls=("openai._legacy_response:LegacyAPIResponse.parse",),
            stage=Stage.SERVICE,
            kind="llm",
            compound=True,
            counted=False,
            failures=FAILURES,
            judge=models.judge,
            describe=models.describe,
            dependency=models.dependency,
        ),
        Watched(
            calls=("openai._base_client:BaseClient._calculate_retry_timeout",),
            stage=Stage.SERVICE,
            counted=False,
            judge=models.note_delay,
        ),
    ),
)
