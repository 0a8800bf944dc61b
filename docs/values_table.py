"""Rewrite the table of the chart's values in docs/guide/installing.md, from the comments in values.yaml.

Each value has its comment right above it. Defaults are written on one line, so nothing here needs to know YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VALUES = ROOT / "charts" / "polgate" / "values.yaml"
PAGE = ROOT / "docs" / "guide" / "installing.md"
_TABLE = re.compile(r"(<!-- generated: charts/polgate/values.yaml -->\n).*?(<!-- end -->)", re.DOTALL)
_LINE = re.compile(r"( *)([A-Za-z]+):(?: (.*))?")


@dataclass(frozen=True, slots=True)
class Row:
    """A value: its path, its default as it is written, and what it does."""

    path: str
    default: str
    text: str


def rows(values: Path) -> Iterator[Row]:
    """Read the values, in their order."""
    parents: list[str] = []
    comment: list[str] = []
    for line in values.read_text(encoding="utf-8").splitlines():
        found = _LINE.fullmatch(line)
        if line.lstrip().startswith("# "):
            comment.append(line.lstrip()[2:])
        elif found is None:
            comment = []
        else:
            indent, key, default = found.groups()
            parents = [*parents[: len(indent) // 2], key]
            if default is not None:
                yield Row(".".join(parents), default, " ".join(comment))
            comment = []


def current(page: str) -> str:
    """Give a page's text with the table made anew."""
    lines = [f"| `{row.path}` | `{row.default}` | {row.text} |\n" for row in rows(VALUES)]
    table = "".join(["| value | default | what |\n|---|---|---|\n", *lines])
    return _TABLE.sub(lambda part: f"{part[1]}{table}{part[2]}", page)


if __name__ == "__main__":
    PAGE.write_text(current(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
