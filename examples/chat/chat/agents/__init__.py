"""Agents: a supervisor, a researcher with tools, a writer."""
