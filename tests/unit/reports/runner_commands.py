"""What GitHub's runner takes for a command in a line of a step's output.

Source: actions/runner src/Runner.Common/ActionCommand.cs, TryParseV2 and TryParse.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# White space as .NET's TrimStart removes it.
_BLANK = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_LINE_END = re.compile("\r\n|\r|\n")


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    data: str


def commands(output: str) -> list[Command]:
    """Give the commands in an output, of all names: which ones a runner knows changes."""
    return [found for line in _LINE_END.split(output) if (found := _command(line)) is not None]


def _command(line: str) -> Command | None:
    told = line.lstrip(_BLANK)
    if told.startswith("::") and (end := told.find("::", 2)) >= 0:
        name, _, rest = told[2:end].partition(" ")
        pairs = (part.partition("=") for part in rest.strip().split(",") if part)
        properties = {key: _property(value) for key, _, value in pairs if value}
        return Command(name, properties, _data(told[end + 2 :]))
    start = line.find("##[")
    if start >= 0 and (end := line.find("]", start)) >= 0:
        return Command(line[start + 3 : end], {}, line[end + 1 :])
    return None


def _data(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def _property(text: str) -> str:
    return (
        text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
    )
