"""Text from files and policies made safe for a terminal and for a CI system's log: nothing in it may be obeyed."""

from __future__ import annotations

import re

# GitHub obeys `::name::` at the start of a line, after blanks, and `##[name]` anywhere; Azure `##vso[name]`,
# TeamCity `##teamcity[name]`. Source: actions/runner src/Runner.Common/ActionCommand.cs, TryParseV2 and TryParse.
_AT_START = re.compile(r"^( *):(?=:)", re.MULTILINE)
_ANYWHERE = re.compile(r"##(?=\w*\[)")


def printable(text: str) -> str:
    """Show control characters and direction marks instead of sending them; a tab becomes a space."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " if char == "\t" else repr(char)[1:-1] for char in text)


def inert(text: str) -> str:
    """Keep a CI system that reads these lines from taking one for a command. text: whole lines, each printable."""
    return _AT_START.sub(r"\1\\x3a", inert_inside(text)) if "::" in text else inert_inside(text)


def inert_inside(text: str) -> str:
    """Do the same for text inside of a line, which begins with words of ours."""
    return _ANYWHERE.sub(r"#\\x23", text) if "##" in text else text


def one_line(text: str) -> str:
    """Give a text as one printable line: what stands on several is put behind each other."""
    return " ".join(filter(None, (printable(line).strip() for line in text.splitlines())))


def cut(text: str, limit: int) -> str:
    """Give a text of at most so many characters, with an ellipsis where it was longer. limit: at least 1."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def width(text: str) -> int:
    """Give how many columns a text takes on a terminal. text: printable."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)
