"""Reading a test file: strict, with everything that is wrong told at once.

A test that is misunderstood passes for the wrong reason, so nothing unknown is let through.
"""

from __future__ import annotations

import re

from policy_engine.authoring.fields import Fields, Problem, did_you_mean, name_of_type
from policy_engine.authoring.kubernetes_version import decode_version
from policy_engine.authoring.testing.decode_request import (
    decode_authorizer,
    decode_request,
    decode_source,
    decode_sources,
)
from policy_engine.authoring.testing.model import (
    API_VERSION,
    KIND,
    Case,
    ObjectSource,
    Outcome,
    PolicyTest,
    RequestSpec,
    Want,
)
from policy_engine.field_paths import FieldPath
from policy_engine.sources.values import JsonValue


def decode(value: JsonValue, problems: list[Problem]) -> PolicyTest | None:
    """Read a test file's document.

    Notes what is wrong in `problems`: the test must not be used then. Gives None for what is no PolicyTest.
    """
    top = Fields(value, (), problems)
    if not top.is_of(api_version=API_VERSION, kind=KIND):
        return None
    top.mapping("metadata")
    common = top.fields("request")
    objects = top.fields("objects")
    test = PolicyTest(
        policies=top.texts("policies") or (),
        objects=_objects(objects) if objects else {},
        params=decode_sources(top, "params"),
        namespaces=decode_sources(top, "namespaces"),
        request=decode_request(common) if common else RequestSpec(path=()),
        authorizer=decode_authorizer(top),
        kubernetes_version=decode_version(top),
        cases=tuple(_case(item, path, problems) for item, path in top.items("cases", required=True)),
    )
    if top.value("cases") == []:
        top.problem("`cases` is empty: a file that tests nothing cannot pass", "cases")
    if top.value("policies") == []:
        top.problem("`policies` is empty: name the files to test, or leave it out", "policies")
    _refuse_doubles(test, problems)
    top.finish()
    return test


def _refuse_doubles(test: PolicyTest, problems: list[Problem]) -> None:
    seen: set[str] = set()
    for case in test.cases:
        if case.name and case.name in seen:
            problems.append(Problem(path=(*case.path, "name"), message=f"two cases are named `{case.name}`"))
        seen.add(case.name)


def _objects(fields: Fields) -> dict[str, ObjectSource]:
    sources = {name: decode_source(fields, name) for name in fields}
    return {name: source for name, source in sources.items() if source is not None}


def _case(value: JsonValue, path: FieldPath, problems: list[Problem]) -> Case:
    fields = Fields(value, path, problems)
    name = fields.text("name", required=True) or ""
    request = fields.fields("request")
    case = Case(
        name=name,
        path=path,
        request=decode_request(request) if request else RequestSpec(path=path),
        wants=_wants(fields),
        policies=fields.texts("policies"),
        params=decode_sources(fields, "params") if fields.has("params") else None,
        authorizer=decode_authorizer(fields),
    )
    fields.finish()
    return case


def _wants(fields: Fields) -> tuple[Want, ...]:
    value = fields.value("want")
    if value is None or value == []:
        choices = ", ".join(f"`{outcome}`" for outcome in Outcome)
        fields.problem(
            "the case wants nothing, so it would pass whatever happens", help=f"say `want:` one of {choices}"
        )
        return ()
    if isinstance(value, list):
        return tuple(
            want for item, path in fields.items("want") if (want := _want(item, path, fields.problems)) is not None
        )
    want = _want(value, (*fields.path, "want"), fields.problems)
    return () if want is None else (want,)


def _want(value: JsonValue, path: FieldPath, problems: list[Problem]) -> Want | None:
    if isinstance(value, str):
        if value in set(Outcome):
            return Want(path=path, outcome=Outcome(value))
        problem = Problem(path=path, message=f"unknown outcome `{value}`", help=did_you_mean(value, list(Outcome)))
        problems.append(problem)
        return None
    if not isinstance(value, dict):
        problems.append(
            Problem(path=path, message=f"expected an outcome or a mapping, found {name_of_type(value)}")
        )
        return None
    fields = Fields(value, path, problems)
    outcome = fields.choice("outcome", Outcome, required=True)
    want = Want(
        path=path,
        outcome=outcome or Outcome.ERROR,
        policy=fields.text("policy"),
        binding=fields.text("binding"),
        validation=_validation(fields),
        message=fields.text("message"),
        pattern=_pattern(fields),
        reason=fields.text("reason"),
    )
    if fields.has("message") and fields.has("messageMatches"):
        fields.problem("`message` and `messageMatches` exclude each other", "messageMatches")
    fields.finish()
    return want if outcome is not None else None


def _validation(fields: Fields) -> int | str | None:
    value = fields.value("validation")
    if value is None or isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    fields.problem("`validation`: expected its index, or the text of its expression or message", "validation")
    return None


def _pattern(fields: Fields) -> re.Pattern[str] | None:
    text = fields.text("messageMatches")
    if text is None:
        return None
    try:
        return re.compile(text)
    except re.error as error:
        fields.problem(f"`messageMatches` is no regular expression: {error}", "messageMatches")
        return None
