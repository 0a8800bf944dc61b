"""Findings about policies and bindings themselves: what the API server would refuse, at its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policy_engine.admission.model import BINDING_KIND, GROUP, POLICY_KIND
from policy_engine.admission.validation import FieldError, render_path, validate_binding, validate_policy
from policy_engine.authoring.mistakes import Mistake
from policy_engine.authoring.scalar_places import place_in_scalar
from policy_engine.cel.errors import CompileError, Issue
from policy_engine.records import record
from policy_engine.sources.document import Document
from policy_engine.sources.text import Place

_VALIDATORS = {POLICY_KIND: validate_policy, BINDING_KIND: validate_binding}


@record(kw_only=True)
class Finding:
    """One finding about a policy or binding.

    name: of the policy or binding. field: such as `spec.validations[0].expression`, or empty.
    server: the API server's whole text for it, or empty where only we say so.
    """

    mistake: Mistake
    kind: str
    name: str
    field: str = ""
    server: str = ""


def is_policy(document: Document) -> bool:
    """Tell whether a document is a policy or a binding, of whatever version."""
    return document.kind in _VALIDATORS and document.api_version.partition("/")[0] == GROUP


def lint(documents: Iterable[Document], *, version: str) -> list[Finding]:
    """Find everything that is wrong with the policies and bindings among the documents, in order of place."""
    findings: list[Finding] = []
    seen: dict[tuple[str, str], Document] = {}
    for document in documents:
        if not is_policy(document):
            continue
        for error in _VALIDATORS[document.kind](document.value, version=version):
            findings.extend(_findings(document, error))
        if document.name:
            first = seen.setdefault((document.kind, document.name), document)
            if first is not document:
                findings.append(_double(document, first))
    return sorted(findings, key=lambda finding: finding.mistake)


def _findings(document: Document, error: FieldError) -> Iterator[Finding]:
    """Turn an error into findings: one for each fault that a compiler has found in an expression."""
    field = render_path(error.path)
    if error.cause is None or not error.cause.issues:
        help = f"did you mean `{error.suggestion}`?" if error.suggestion else ""
        # The server's text of an expression's fault has several lines, the first of which says it.
        message = error.message.split("\n", 1)[0]
        yield _finding(document, document.locate(error.path).start, message, field, error.message, help)
        return
    for issue in error.cause.issues:
        help = f"did you mean `{issue.suggestion}`?" if issue.suggestion else ""
        place = _place_in_expression(document, error, error.cause, issue)
        yield _finding(document, place, f"{field}: {issue.message}", field, error.message, help)


def _finding(document: Document, place: Place, message: str, field: str, server: str, help: str) -> Finding:
    mistake = Mistake(
        path=document.path,
        line=place.line,
        column=place.column,
        message=message,
        help=help,
        excerpt=document.excerpt(place),
    )
    return Finding(mistake=mistake, kind=document.kind, name=document.name, field=field, server=server)


def _place_in_expression(document: Document, error: FieldError, cause: CompileError, issue: Issue) -> Place:
    """Find where in the file the faulty part of an expression is; the expression's field where that fails."""
    start = document.layout.value_start((*document.inside, *error.path))
    value = _value_at(document, error)
    if start is not None and value is not None and issue.offset >= 0:
        # The server compiles some expressions without the white space around them.
        shift = value.find(cause.source.text)
        if shift >= 0:
            text = document.layout.source
            offset = place_in_scalar(text.text, start, value, shift + issue.offset)
            if offset is not None:
                return text.place(offset)
    return document.locate(error.path).start


def _value_at(document: Document, error: FieldError) -> str | None:
    value: object = document.value
    for step in error.path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value if isinstance(value, str) else None


def _double(document: Document, first: Document) -> Finding:
    place = document.locate(("metadata", "name")).start
    where = f"{first.path}:{first.start().line}"
    message = f"a second {document.kind} named `{document.name}`: the first is at {where}"
    return _finding(document, place, message, "metadata.name", "", "a cluster would keep only the last one")
