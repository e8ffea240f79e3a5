"""What can be set from outside: environment variables named ``CHAT_...``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """All settings of one process."""

    database_url: str
    redis_url: str
    clickhouse: str
    pool_size: int
    pool_timeout: float
    redis_lifetime: int
    redis_pause: float

    jwt_keys: tuple[str, ...]
    token_lifetime: int
    users: str

    llm_base_url: str
    llm_api_key: str
    llm_model: str
    llm_fallback_model: str
    llm_timeout: float
    breaker_failures: int
    breaker_reset: float

    tools_url: str
    tools_timeout: float
    run_timeout: float
    supervisor_url: str
    thread_service_url: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read every setting, or its default; README.md explains each."""

        def text(name: str, default: str = "") -> str:
            return environment.get(f"CHAT_{name}", default)

        return cls(
            database_url=text(
                "DATABASE_URL", "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres"
            ),
            redis_url=text("REDIS_URL", "redis://127.0.0.1:6379/0"),
            clickhouse=text("CLICKHOUSE"),
            pool_size=int(text("POOL_SIZE", "10")),
            pool_timeout=float(text("POOL_TIMEOUT", "5")),
            redis_lifetime=int(text("REDIS_LIFETIME", "300")),
            redis_pause=float(text("REDIS_PAUSE", "5")),
            jwt_keys=tuple(text("JWT_KEYS", "change-me-" * 4).split(",")),
            token_lifetime=int(text("TOKEN_LIFETIME", "3600")),
            users=text("USERS"),
            llm_base_url=text("LLM_BASE_URL", "https://api.openai.com/v1"),
            llm_api_key=text("LLM_API_KEY", "none"),
            llm_model=text("LLM_MODEL", "gpt-5-mini"),
            llm_fallback_model=text("LLM_FALLBACK_MODEL"),
            llm_timeout=float(text("LLM_TIMEOUT", "30")),
            breaker_failures=int(text("BREAKER_FAILURES", "3")),
            breaker_reset=float(text("BREAKER_RESET", "30")),
            tools_url=text("TOOLS_URL", "http://127.0.0.1:8100"),
            tools_timeout=float(text("TOOLS_TIMEOUT", "10")),
            run_timeout=float(text("RUN_TIMEOUT", "120")),
            supervisor_url=text("SUPERVISOR_URL"),
            thread_service_url=text("THREAD_SERVICE_URL"),
        )
