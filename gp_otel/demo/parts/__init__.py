"""What the demo and the tests stand on: real servers and scripted ones.

Every part listens on 127.0.0.1 only, is a context manager, can be broken and
mended by plain data, and stops nothing but what it started.
"""
