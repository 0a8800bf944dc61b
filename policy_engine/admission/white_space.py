"""What Go takes for white space, which is not what Python's str.strip() takes for it."""

from __future__ import annotations

# unicode.IsSpace, by which strings.TrimSpace goes. Python would also take \x1c to \x1f.
_WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def trim_space(text: str) -> str:
    """Take white space from both ends, as Go's strings.TrimSpace does."""
    return text.strip(_WHITE_SPACE)
