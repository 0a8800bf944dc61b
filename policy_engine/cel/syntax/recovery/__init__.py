"""What is wrong with a malformed text, in the words that cel-go has for it.

Nothing here runs, or is imported, for a text that is well formed.
"""

from policy_engine.cel.syntax.recovery.diagnose import diagnose

__all__ = ["diagnose"]
