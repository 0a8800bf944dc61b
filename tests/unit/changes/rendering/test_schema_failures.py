"""What Helm says of values that do not fit a schema, recorded, and what is told of it."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from policy_engine.changes.rendering.messages import helm_error
from policy_engine.changes.rendering.schema_failures import schema_failures
from tests.unit.changes.rendering.surveyed import CHART, CONFIG_MAP, problem, rendered

START = "values don't meet the specifications of the schema(s) in the following chart(s):\n"
FIT = "values do not fit values.schema.json of `web`: "


def told(*lines: str) -> str:
    return schema_failures(START + "web:\n" + "".join(f"{line}\n" for line in lines)) or ""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("- at '/a': 's3cret' does not match pattern '^[A-Z]+$'", "`a`: does not match pattern '^[A-Z]+$'"),
        (
            r"- at '/a': 's3c\' does not match' does not match pattern '^\\d$'",
            r"`a`: does not match pattern '^\\d$'",
        ),
        ("- at '/mail': 's3cret' is not valid email: missing @", "`mail`: not valid email"),
        ("- at '/u': 's3cret' is not valid uri: parse \"s3cret\": no", "`u`: not valid uri"),
        ("- at '/u': 's3cret is not valid email: ' is not valid uri: parse \"s3cret\": no", "`u`: not valid uri"),
        ("- at '/n': value is not 'base64' encoded: illegal data at s3cret", "`n`: not 'base64' encoded"),
        ("- at '/n': minimum: got 4711, want 5000", "`n`: minimum: want 5000"),
        ("- at '/n': exclusiveMaximum: got 4.711×10⁰⁷, want 5", "`n`: exclusiveMaximum: want 5"),
        ("- at '/n': multipleOf: got 4711, want 3", "`n`: multipleOf: want 3"),
        ("- at '/n': a reason of another version, s3cret", "`n`: does not fit"),
        ("- at '/l': minLength: got 8, want 100", "`l`: minLength: got 8, want 100"),
        ("- at '/db/user': got string, want null or integer", "`db.user`: got string, want null or integer"),
        ("- at '/list/0/x.y~1z~0a\\'b': false schema", "`list[0][x.y/z~a'b]`: false schema"),
        ("- at '': missing property 'a'", "missing property 'a'"),
        ("- at '/e': value must be one of 'x', 'y'", "`e`: value must be one of 'x', 'y'"),
        ("- at '': additional properties 'z', 'a' not allowed", "additional properties 'a', 'z' not allowed"),
        ("- db.user: Invalid type. Expected: integer", "`db.user`: Invalid type. Expected: integer"),
        ("- at 's3cret", "does not fit"),
        ("- (root): must is required", "must is required"),
        ("invalid type for values: expected object (map), got string", "expected object (map), got string"),
    ],
)
def test_a_failure_is_told_with_its_path_and_without_the_value(line: str, expected: str) -> None:
    assert told(line) == FIT + expected


def test_what_stands_below_a_failure_says_why() -> None:
    assert told(
        "- at '/o': 'oneOf' failed, none matched",
        "  - at '/o': got array, want string",
        "  - at '/o/0': value must be 1",
        "- at '/m': validation failed",
        "  - at '/m': maxProperties: got 2, want 1",
        "  - at '/c': invalid propertyName 'key'",
        "    - at '': 'key' does not match pattern '^a'",
    ) == FIT + (
        "`m`: invalid propertyName 'key' (does not match pattern '^a'); `m`: maxProperties: got 2, want 1; "
        "`o`: 'oneOf' failed, none matched (`o[0]`: value must be 1; got array, want string)"
    )


def test_failures_are_told_in_the_same_order_whichever_way_helm_finds_them() -> None:
    lines = ("- at '/a': false schema", "- at '/b': false schema", "- at '': missing property 'c'")
    assert len({told(*some) for some in permutations(lines)}) == 1


def test_failures_of_several_charts_are_told_with_the_chart() -> None:
    assert told("- at '/a': false schema", "db:", "- at '/b': false schema", "", "x:") == (
        f"{FIT}`a`: false schema; values do not fit values.schema.json of `db`: `b`: false schema"
    )


def test_a_schema_that_is_none_is_at_fault_itself() -> None:
    assert told(
        '"file:///values.schema.json#" is not valid against metaschema: jsonschema validation failed with \'https://'
        "json-schema.org/draft/2020-12/schema#'",
        "- at '': 'allOf' failed",
        "  - at '/type': got number, want array",
    ) == ("values.schema.json of `web` is no JSON schema: 'allOf' failed (`type`: got number, want array)")
    assert told("unexpected EOF") == "values.schema.json of `web` cannot be used: unexpected EOF"


def test_other_messages_are_not_of_schemas() -> None:
    assert schema_failures("no such file") is None


def test_a_failure_has_no_place_in_a_template_whatever_a_value_looks_like() -> None:
    error = helm_error(
        f"Error: {START}web:\n- at '/a': 'web/templates/a.yaml:3:1: ' does not match pattern 'x'", "/t"
    )
    assert (error.file, error.line) == ("", 0)
    assert error.message == f"{FIT}`a`: does not match pattern 'x'"


def test_helm_says_what_is_recorded_here() -> None:
    schema = {"properties": {"password": {"pattern": "^[A-Z]+$"}, "port": {"minimum": 5000}}}
    files = {
        "web/Chart.yaml": CHART,
        "web/templates/a.yaml": CONFIG_MAP,
        "web/values.yaml": "password: hunter2\nport: 4711\n",
        "web/values.schema.json": json.dumps(schema),
    }
    *_, message = problem(rendered(files))
    assert message == f"{FIT}`password`: does not match pattern '^[A-Z]+$'; `port`: minimum: want 5,000"
