"""Names that are written in CEL otherwise than they are.

Source: k8s.io/apiserver pkg/cel/escaping.go, `Unescape`.
"""

from __future__ import annotations

import re

from policy_engine.cel.syntax import tokens

_ESCAPED = re.compile("__([^_]+)__")
_SYMBOLS = {"underscores": "__", "dot": ".", "dash": "-", "slash": "/"}
# The words that CEL keeps for itself.
# Source: kubernetes pkg/apis/admissionregistration/validation/validation.go, `celReserved`.
RESERVED = tokens.RESERVED | tokens.KEYWORDS.keys()


def unescape(name: str) -> str | None:
    """Give the name that an identifier stands for (`__import__` stands for `import`), None for a wrong escape."""
    if "__" not in name:
        return name
    wrong = False

    def replace(found: re.Match[str]) -> str:
        nonlocal wrong
        content = found[1]
        if content in _SYMBOLS:
            return _SYMBOLS[content]
        wrong = wrong or content not in RESERVED or found[0] != name
        return content

    plain = _ESCAPED.sub(replace, name)
    return None if wrong else plain
