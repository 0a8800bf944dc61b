"""Polgate's policy engine: one policy, one verdict, wherever a change is judged."""

__version__ = "0.1.0"
