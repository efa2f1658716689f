"""The load benchmark of Orderly: bench/run.py runs it, docs/performance.md says how to read it."""
