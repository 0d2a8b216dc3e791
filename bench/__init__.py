"""Side-by-side measurements of the whole product, one command and one table: `python -m bench`.

Every number comes from real parts: the real server process, a real Chromium,
the real SDKs against the loopback provider in a process of its own, real DuckDB.
"""
