"""The demo: a real application, real parts, and what happens when they break."""
