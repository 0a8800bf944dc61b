"""Mistakes in files that people write, as every report about such files has them in JSON."""

from __future__ import annotations

from policy_engine.authoring.mistakes import Mistake
from policy_engine.reports.json_places import location
from policy_engine.sources.text import Place
from policy_engine.sources.values import JsonObject


def mistake(one: Mistake) -> JsonObject:
    """Give the mistake's words and its place."""
    place = Place(one.line, one.column) if one.line else None
    return {"message": one.message, "help": one.help, "location": location(one.path, place)}
