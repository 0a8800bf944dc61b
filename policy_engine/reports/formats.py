"""The formats a report can be written in, by the names that people give them."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple, cast

from policy_engine.errors import InputError
from policy_engine.reports.writer import ReportWriter


class Format(NamedTuple):
    """Where a format's writer is found. Its module is imported when something is written in it, and not before."""

    module: str
    attribute: str


FORMATS = {
    "text": Format("policy_engine.reports.text_report", "TextWriter"),
    "json": Format("policy_engine.reports.json_report", "JsonWriter"),
    "sarif": Format("policy_engine.reports.sarif_report", "SarifWriter"),
    "junit": Format("policy_engine.reports.junit_report", "JUnitWriter"),
    "gitlab-code-quality": Format("policy_engine.reports.code_quality_report", "CodeQualityWriter"),
    "github-annotations": Format("policy_engine.reports.annotations_report", "AnnotationsWriter"),
    "markdown": Format("policy_engine.reports.markdown_report", "MarkdownWriter"),
}
"""In the order in which help and documentation list them."""


def check_format(name: str) -> None:
    """Refuse a name that no format has. Raises: InputError."""
    if name in FORMATS:
        return
    from difflib import get_close_matches

    near = get_close_matches(name, FORMATS, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(FORMATS)}"
    raise InputError(f"no output format `{name}`", help=hint)


def writer_of(name: str, *, color: bool = False) -> ReportWriter:
    """Make the writer of a format. color: for text, with ANSI sequences. Raises: InputError."""
    check_format(name)
    module, attribute = FORMATS[name]
    make = getattr(import_module(module), attribute)
    return cast(ReportWriter, make(color=color) if name == "text" else make())
