"""What SARIF says of rules: a policy is one, and so is each way in which a file cannot be judged."""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.reports.entries import OWN_RULES, REFUSED, Entry
from policy_engine.reports.findings import Level, PolicyInfo
from policy_engine.reports.printable import cut, one_line, printable
from policy_engine.sources.values import JsonObject, JsonValue

# Source of all: docs.github.com, SARIF support for code scanning.
MAX_RULES = 25_000  # in a run
MAX_NAME = 255  # characters
MAX_DESCRIPTION = 1024  # characters, of a short and of a full description
MAX_TAGS = 10  # shown; 20 are accepted

MAX_HELP = 4096  # characters; GitHub names no limit

_TAGS: tuple[JsonValue, ...] = ("kubernetes", "policy")
_PROJECT = "Polgate"
_LEVELS = {Level.DENY: "error", Level.WARN: "warning", Level.AUDIT: "note", Level.IGNORED: "note"}
_SEVERITIES = {"error": "error", "warning": "warning", "note": "recommendation"}


def level_of(entry: Entry) -> str:
    """Give an entry's level as SARIF names it."""
    return "error" if entry.level is None else _LEVELS[entry.level]


class Rules:
    """The rules of one run, each with its index: first the policies in force, then what else was found."""

    def __init__(self, about: Iterable[PolicyInfo], found: Iterable[Entry]) -> None:
        self._infos: dict[str, PolicyInfo] = {}
        self._levels: dict[str, str] = {}
        for info in about:
            self._infos.setdefault(info.name, info)
        for entry in found:
            self._infos.setdefault(entry.rule, PolicyInfo(name=entry.rule))
            self._levels.setdefault(entry.rule, level_of(entry))
        self._indexes = {name: index for index, name in enumerate(self._infos) if index < MAX_RULES}

    def index(self, name: str) -> int:
        """Give the index of a rule. Raises: KeyError for one that GitHub has no room for."""
        return self._indexes[name]

    def __contains__(self, name: str) -> bool:
        return name in self._indexes

    def describe(self) -> list[JsonValue]:
        """Give what SARIF says of each."""
        return [_rule(self._infos[name], self._levels.get(name, "error")) for name in self._indexes]


def _rule(info: PolicyInfo, level: str) -> JsonObject:
    name = one_line(info.name)
    short = one_line(info.title) or _own_description(info.name) or f"Policy {name}"
    full = one_line(info.description) or short
    help_text = "\n".join(map(printable, info.description.splitlines())) or full
    rule: JsonObject = {
        "id": name,
        "name": cut(_pascal(info.name), MAX_NAME),
        "shortDescription": {"text": _sentence(cut(short, MAX_DESCRIPTION - 1))},
        "fullDescription": {"text": _sentence(cut(full, MAX_DESCRIPTION - 1))},
        "help": {"text": cut(help_text, MAX_HELP), "markdown": cut(help_text, MAX_HELP)},
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": list(_TAGS),
            "precision": "very-high",
            "problem.severity": _SEVERITIES[level],
        },
    }
    if info.url:
        rule["helpUri"] = info.url
    return rule


def _own_description(name: str) -> str:
    if name == REFUSED:
        return "The API server would refuse the request whatever policies say"
    if name.startswith(OWN_RULES):
        return f"Something cannot be judged: {one_line(name.removeprefix(OWN_RULES))}"
    return ""


def _pascal(name: str) -> str:
    """Give `NoLatest` for `no-latest`: names of rules are identifiers. Source: SARIF 2.1.0, section 3.49.7."""
    words = "".join(char if char.isascii() and char.isalnum() else " " for char in name).split()
    return "".join(word[0].upper() + word[1:] for word in words) or _PROJECT


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else text + "."
