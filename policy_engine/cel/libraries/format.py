"""The format library: `format.dns1123Label().validate('web')`. Since Kubernetes 1.31.

Source: apiserver pkg/cel/library/format.go, kube-openapi pkg/validation/strfmt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from policy_engine.cel.errors import NoSuchOverload
from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import Cost, Library, Value
from policy_engine.cel.libraries.name_rules import (
    complete_prefix,
    dns1035_label_problems,
    dns1123_label_problems,
    dns1123_subdomain_problems,
    label_value_problems,
    qualified_name_problems,
)
from policy_engine.cel.libraries.url_value import request_uri_error
from policy_engine.cel.types import STRING, list_of, optional_of, struct
from policy_engine.cel.values.opaque import OpaqueValue
from policy_engine.cel.values.optional import NONE, Optional
from policy_engine.cel.values.timestamps import days_in_month

FORMAT: Final = struct("kubernetes.NamedFormat")
LIBRARY: Final = Library("kubernetes.format", since="1.31")

# Patterns are compiled when first used: `re` keeps them.
_HEX4: Final = "[0-9a-fA-F]{4}"
_UUID: Final = f"{_HEX4}{_HEX4}-?{_HEX4}-?{_HEX4}-?{_HEX4}-?{_HEX4}{_HEX4}{_HEX4}"
_BASE64: Final = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})"
_DATE: Final = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_TIME: Final = r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:.[0-9]+)?(?:z|[+-][0-9]{2}:[0-9]{2})"


class NamedFormat(OpaqueValue):
    """A rule for texts.

    problems: says what is wrong with a text; nothing if all is well.
    pattern_size: the length of the regular expression that a call is charged for.
    """

    __slots__ = ("name", "pattern_size", "problems")
    cel_type = FORMAT

    def __init__(self, name: str, problems: Callable[[str], list[str]], pattern_size: int) -> None:
        self.name = name
        self.problems = problems
        self.pattern_size = pattern_size

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NamedFormat):
            raise NoSuchOverload("no such overload")
        return self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"NamedFormat({self.name!r})"


def _of_prefix(problems: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    return lambda text: problems(complete_prefix(text))


def _uri_problems(text: str) -> list[str]:
    problem = request_uri_error(text)
    return [problem] if problem is not None else []


def _uuid_problems(text: str) -> list[str]:
    return [] if re.fullmatch(_UUID, text) else ["does not match the UUID format"]


def _byte_problems(text: str) -> list[str]:
    return [] if re.fullmatch(_BASE64, text) else ["invalid base64"]


def _is_date(text: str) -> bool:
    match = re.fullmatch(_DATE, text)
    if match is None:
        return False
    year, month, day = map(int, match.groups())
    return 1 <= month <= 12 and 1 <= day <= days_in_month(year, month)


def _date_problems(text: str) -> list[str]:
    return [] if _is_date(text) else ["invalid date"]


def _datetime_problems(text: str) -> list[str]:
    """Source: strfmt/time.go, `IsDateTime`: whatever follows a second `t` is not looked at."""
    date, _, rest = text.lower().partition("t")
    match = re.fullmatch(_TIME, rest.partition("t")[0])
    if match is None or not _is_date(date):
        return ["invalid datetime"]
    hour, minute, second = match.groups()
    return [] if hour <= "23" and minute <= "59" and second <= "59" else ["invalid datetime"]


_FORMATS: Final = {
    "dns1123Label": NamedFormat("DNS1123Label", dns1123_label_problems, 30),
    "dns1123Subdomain": NamedFormat("DNS1123Subdomain", dns1123_subdomain_problems, 60),
    "dns1035Label": NamedFormat("DNS1035Label", dns1035_label_problems, 30),
    "qualifiedName": NamedFormat("QualifiedName", qualified_name_problems, 60),
    "dns1123LabelPrefix": NamedFormat("DNS1123LabelPrefix", _of_prefix(dns1123_label_problems), 30),
    "dns1123SubdomainPrefix": NamedFormat("DNS1123SubdomainPrefix", _of_prefix(dns1123_subdomain_problems), 60),
    "dns1035LabelPrefix": NamedFormat("DNS1035LabelPrefix", _of_prefix(dns1035_label_problems), 30),
    "labelValue": NamedFormat("LabelValue", label_value_problems, 40),
    "uri": NamedFormat("URI", _uri_problems, 1103),
    "uuid": NamedFormat("uuid", _uuid_problems, 70),
    "byte": NamedFormat("byte", _byte_problems, 84),
    "date": NamedFormat("date", _date_problems, 71),
    "datetime": NamedFormat("datetime", _datetime_problems, 71),
}


def _validation_cost(args: Sequence[Value], result: Value) -> int:
    if not isinstance(args[0], NamedFormat):
        return 1
    return costs.regex_units(costs.size(args[1]), args[0].pattern_size)


@LIBRARY.function("format.named", "format-named", (STRING,), optional_of(FORMAT), cost=costs.NOMINAL_FUNCTION)
def _named(name: str) -> Optional:
    format_ = _FORMATS.get(name)
    return NONE if format_ is None else Optional(format_)


@LIBRARY.member(
    "validate",
    "format-validate",
    (FORMAT, STRING),
    optional_of(list_of(STRING)),
    cost=Cost(_validation_cost, of_function=True),
)
def _validate(format_: NamedFormat, text: str) -> Optional:
    problems = format_.problems(text)
    return Optional(problems) if problems else NONE


def _constant(format_: NamedFormat) -> Callable[[], NamedFormat]:
    return lambda: format_


for _name, _format in _FORMATS.items():
    LIBRARY.add(f"format.{_name}", f"format.{_name}", (), FORMAT, implementation=_constant(_format))
