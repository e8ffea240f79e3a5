"""A chat service with AI agents: the application that gp-otel is shown on."""
