"""The CEL specification's own tests, as far as Kubernetes' environment has what they test."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from policy_engine.cel import types as t
from policy_engine.cel.environment import Environment
from policy_engine.cel.errors import CompileError
from policy_engine.cel.interpreter import InstantiationError, plan
from policy_engine.cel.types import Type
from policy_engine.cel.values import Duration, Timestamp, UInt, make_map, type_value
from policy_engine.cel.values.encoding import encode

# Libraries that Kubernetes does not load, by file.
NOT_LOADED = {"block_ext", "math_ext", "encoders_ext", "bindings_ext"}

# Where Kubernetes differs from the specification: its own answer was recorded for each of these.
# Patterns match `file/section/name`.
DIFFERENCES = {
    "literals must be of one type": [
        "comparisons/eq_literal/not_eq_list_null",
        "comparisons/eq_literal/*_mixed_type_numbers",
        "comparisons/eq_literal/not_eq_*_false_vs_types",
        "comparisons/eq_literal/not_eq_map_null",
        "comparisons/eq_literal/eq_map_value_mixed_types",
        "comparisons/eq_literal/not_eq_list_elem_null",
        "comparisons/eq_literal/not_eq_map_value_null",
        "comparisons/in_list_literal/elem_in_mixed_type_list*",
        "comparisons/in_map_literal/key_in_mixed_key_type_map*",
        "conversions/dyn/dyn_heterogeneous_list",
        "fields/map_fields/map_key_int64",
        "fields/map_fields/map_key_uint64",
        "fields/map_fields/map_key_mixed_*",
        "fields/map_fields/map_value_mix_type",
        "fields/in/mixed_numbers_and_keys_*",
        "macros*/exists/list_elem_type_*",
        "macros*/exists/map_key_type_*",
        "macros*/all/list_elem_type_*",
        "optionals/optionals/optional_chaining_13",
        "optionals/optionals/map_key_mixed_*",
        "type_deduction/flexible_type_parameter_assignment/optional_dyn_promotion*",
        "type_deduction/legacy_nullable_types/null_assignable_to_abstract_parameter_candidate",
    ],
    "constant keys that can select nothing are refused before anything is evaluated": [
        "fields/map_fields/map_bad_key_type_or_true",
        "fields/map_fields/map_bad_key_type_and_false",
    ],
    "a key may be written twice, the last one wins": [
        "fields/qualified_identifier_resolution/map_value_repeat_key",
    ],
    "there are no names in backticks": ["fields/quoted_map_fields/*"],
    "a global variable with a dotted name wins over a macro's variable": [
        "namespace/namespace_shadowing/comprehension_shadowing_selector*",
    ],
    "an IPv4 address may not be written as IPv6": ["network_ext/ipv4/ipv4_*equals_ipv6"],
    "an optional selection from a scalar or null finds nothing": [
        "optionals/optionals/map_null_entry_no_such_key",
        "optionals/optionals/map_present_key_invalid_field",
    ],
    "strings are at version 2: no reverse, another format, lenient indices": [
        "string_ext/format/*scientific notation*",
        "string_ext/format/default precision for fixed-point clause with *int",
        "string_ext/format/*N* support for decimal",
        "string_ext/format/*infinity support for *",
        "string_ext/format/list support for string",
        "string_ext/format/map support*",
        "string_ext/format/dyntype NaN/infinity support",
        "string_ext/format/dyntype support for lists",
        "string_ext/format/dyntype support for maps",
        "string_ext/value_errors/*indexof_out_of_range",
        "string_ext/reverse/*",
    ],
}

REFUSED = "refused"

Test = dict[str, Any]


def all_tests(suites: Path) -> Iterator[tuple[str, Test]]:
    for file in sorted((suites / "cel-spec").glob("*.json")):
        for section in json.loads(file.read_text())["sections"]:
            for test in section["tests"]:
                yield f"{file.stem}/{section['name']}/{test['name']}", test


def inapplicable(name: str, test: Test) -> str:
    """Say why a test asks for something that Kubernetes' environment does not have; empty if it does not."""
    if name.split("/")[0] in NOT_LOADED:
        return "a library that Kubernetes does not load"
    if test.get("needs_proto"):
        return "protobuf messages"
    if test.get("container"):
        return "containers of names"
    if any("overloads" in declared for declared in test.get("type_env", [])):
        return "functions of its own"
    return ""


def difference(name: str, test: Test, problem: str) -> str:
    """Say why Kubernetes comes to something else than the specification; empty where that is not known."""
    if test.get("disable_check") and problem.startswith(REFUSED):
        return "everything is checked before it is evaluated"
    for reason, patterns in DIFFERENCES.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return reason
    return ""


@pytest.fixture(scope="module")
def kubernetes() -> Environment:
    return Environment.kubernetes("1.36")


def test_agrees_with_the_specification(suites: Path, kubernetes: Environment) -> None:
    left_out: Counter[str] = Counter()
    wrong: list[str] = []
    agreeing = 0
    for name, test in all_tests(suites):
        reason = inapplicable(name, test)
        if reason:
            left_out[reason] += 1
            continue
        problem = judge(kubernetes, test)
        if not problem:
            agreeing += 1
        elif reason := difference(name, test, problem):
            left_out[reason] += 1
        else:
            wrong.append(f"{name}: {test['expr']}\n  {problem}")
    print(f"{agreeing} agree; left out: {sum(left_out.values())}")
    for reason, count in left_out.most_common():
        print(f"  {count}: {reason}")
    assert not wrong, "\n".join(wrong)
    assert agreeing >= 1_350
    unused = [reason for reason in DIFFERENCES if not left_out[reason]]
    assert not unused, "no longer different"


def judge(kubernetes: Environment, test: Test) -> str:
    """Run a test: empty where it comes out as it should, else what came instead."""
    variables = {declared["name"]: read_type(declared["type"]) for declared in test.get("type_env", [])}
    environment = kubernetes.extend(variables=variables)
    expected = test["expect"]
    try:
        checked = environment.check(test["expr"])
        deduced = expected.get("deduced_type")
        if deduced is not None and str(checked.type) != str(read_type(deduced)):
            return f"type {checked.type}, not {deduced}"
        if test.get("check_only"):
            return ""
        planned = plan(checked, environment.functions)
    except (CompileError, InstantiationError) as error:
        return "" if "error" in expected else f"{REFUSED}: {error}"
    bindings = {name: read_value(value) for name, value in test.get("bindings", {}).items()}
    measured = planned.evaluate(bindings, limit=1_000_000)
    if measured.error is not None:
        return "" if "error" in expected else f"error: {measured.error}"
    if "error" in expected:
        return f"value {measured.value!r} where an error is due"
    if comparable(measured.value) != comparable(read_value(expected["value"])):
        return f"value {measured.value!r}, not {expected['value']}"
    return ""


def comparable(value: Any) -> str:
    """Write a value so that equal texts mean the same value of the same type, whatever the order of maps."""

    def ordered(encoded: Any) -> Any:
        if isinstance(encoded, dict):
            if encoded.keys() == {"@map"}:
                return {"@map": sorted(json.dumps(ordered(pair)) for pair in encoded["@map"])}
            return {key: ordered(item) for key, item in sorted(encoded.items())}
        return [ordered(item) for item in encoded] if isinstance(encoded, list) else encoded

    return json.dumps(ordered(encode(value)))


_SPECIAL_DOUBLES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0.0": -0.0}


def read_value(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "int":
            return int(content)
        case "uint":
            return UInt(content)
        case "double":
            return _SPECIAL_DOUBLES[content] if isinstance(content, str) else float(content)
        case "bytes":
            return base64.b64decode(content)
        case "list":
            return [read_value(item) for item in content]
        case "map":
            return make_map([(read_value(key), read_value(item)) for key, item in content])
        case "timestamp":
            return Timestamp(int(content["seconds"]) * 10**9 + content["nanos"])
        case "duration":
            return Duration(int(content["seconds"]) * 10**9 + content["nanos"])
        case "type":
            return type_value(content)
        case "null" | "bool" | "string":
            return content
    raise ValueError(f"a value of kind `{kind}`")


_SIMPLE_TYPES = {
    "any": t.ANY,
    "bool": t.BOOL,
    "bytes": t.BYTES,
    "double": t.DOUBLE,
    "duration": t.DURATION,
    "dyn": t.DYN,
    "int": t.INT,
    "null_type": t.NULL,
    "string": t.STRING,
    "timestamp": t.TIMESTAMP,
    "type": t.TYPE,
    "uint": t.UINT,
}


def read_type(text: str) -> Type:
    head, parenthesis, rest = text.partition("(")
    if not parenthesis:
        return _SIMPLE_TYPES.get(text) or t.opaque(text)
    params = [read_type(param) for param in _split(rest[:-1])]
    match head:
        case "list":
            return t.list_of(*params)
        case "map":
            return t.map_of(*params)
        case "type":
            return t.type_of(*params)
        case "wrapper":
            return t.wrapper(*params)
    return t.opaque(head, *params)


def _split(text: str) -> list[str]:
    """Split at the commas that are in no parentheses."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]
