"""Mistakes in files that people write, each shown at its line with a caret."""

from __future__ import annotations

from dataclasses import dataclass, field

from policy_engine.sources.text import Excerpt


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mistake:
    """One thing wrong in a file. Ordered by place.

    line and column are 1-based; 0 where no place is known, for example when a file cannot be read.
    """

    path: str
    line: int = 0
    column: int = 0
    message: str
    help: str = ""
    excerpt: Excerpt | None = field(default=None, compare=False)

    @property
    def place(self) -> str:
        """Give `path:line:column`, which editors and terminals make a link."""
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path

    def render(self) -> str:
        """Write the mistake with its source line and a caret. May hold control characters of the file."""
        lines = [f"{self.place}: {self.message}"]
        if self.excerpt is not None:
            text, column = self.excerpt
            lines.append(f"    {text}")
            if column > 0:
                # A tab before the caret stays a tab, so that both lines are equally wide wherever tabs stop.
                lead = "".join(char if char == "\t" else " " for char in text[: column - 1])
                lines.append(f"    {lead}^")
        if self.help:
            lines.append(f"    help: {self.help}")
        return "\n".join(lines)
