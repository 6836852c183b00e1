"""Property tests: requests that are generated from a document, sent like all others and judged by what the API says.

    document ─▶ generator (schemathesis, in a process of its own) ─▶ cases ─▶ the API's client ─▶ judge ─▶ findings

schemathesis only thinks the requests up.
They go over the suite's own exchange layer, correctly signed, and each API says itself what may come back
(`suite/<slug>/test_generated.py`): what its sources leave open is left open here as well.
"""
