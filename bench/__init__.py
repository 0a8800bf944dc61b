"""Benchmarks: each prints what it measured as a ratio within one run."""
