"""Conversations, kept in three tiers: Redis, PostgreSQL, ClickHouse."""
