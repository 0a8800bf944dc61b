"""Kubernetes' rules for names and labels, with the sentences that explain a refusal.

Lengths are in bytes of UTF-8, whatever the sentence calls them.

Source: apimachinery pkg/util/validation/validation.go and pkg/api/validate/content/{dns,kube}.go.
"""

from __future__ import annotations

import re
from typing import Final

from policy_engine.cel.go_strings import size_bytes

MAX_LABEL_BYTES: Final = 63
MAX_SUBDOMAIN_BYTES: Final = 253

# Patterns are compiled when first used: `re` keeps them.
_DNS1123_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS1123_SUBDOMAIN: Final = _DNS1123_LABEL + r"(\." + _DNS1123_LABEL + ")*"
_DNS1035_LABEL: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_LABEL_KEY: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE: Final = f"({_LABEL_KEY})?"


def _explain(rule: str, pattern: str, *examples: str) -> str:
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{rule} (e.g. {shown}regex used for validation is '{pattern}')"


_DNS1123_LABEL_RULE: Final = _explain(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
    "end with an alphanumeric character",
    _DNS1123_LABEL,
    "my-name",
    "123-abc",
)
_DNS1123_SUBDOMAIN_RULE: Final = _explain(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character",
    _DNS1123_SUBDOMAIN,
    "example.com",
)
_DNS1035_LABEL_RULE: Final = _explain(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character",
    _DNS1035_LABEL,
    "my-name",
    "abc-123",
)
_LABEL_KEY_RULE: Final = _explain(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character",
    _LABEL_KEY,
    "MyName",
    "my.name",
    "123-abc",
)
_LABEL_VALUE_RULE: Final = _explain(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character",
    _LABEL_VALUE,
    "MyValue",
    "my_value",
    "12345",
)


def _too_long(text: str, most_bytes: int, unit: str = "characters") -> list[str]:
    return [f"must be no more than {most_bytes} {unit}"] if size_bytes(text) > most_bytes else []


def dns1123_label_problems(name: str) -> list[str]:
    """Say what keeps a name from being an RFC 1123 label; nothing if it is one."""
    problems = _too_long(name, MAX_LABEL_BYTES)
    if not re.fullmatch(_DNS1123_LABEL, name):
        problems.append("must not contain dots" if re.fullmatch(_DNS1123_SUBDOMAIN, name) else _DNS1123_LABEL_RULE)
    return problems


def dns1123_subdomain_problems(name: str, *, unit: str = "characters") -> list[str]:
    """Say what keeps a name from being an RFC 1123 subdomain. unit: what a too long name is told of."""
    problems = _too_long(name, MAX_SUBDOMAIN_BYTES, unit)
    return problems if re.fullmatch(_DNS1123_SUBDOMAIN, name) else [*problems, _DNS1123_SUBDOMAIN_RULE]


def dns1035_label_problems(name: str) -> list[str]:
    """Say what keeps a name from being an RFC 1035 label."""
    problems = _too_long(name, MAX_LABEL_BYTES)
    return problems if re.fullmatch(_DNS1035_LABEL, name) else [*problems, _DNS1035_LABEL_RULE]


def qualified_name_problems(name: str) -> list[str]:
    """Say what keeps a name from being a label key: `name` or `prefix/name`."""
    prefix, slash, local = name.rpartition("/")
    if "/" in prefix:
        ending = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a valid label key {_LABEL_KEY_RULE}{ending}"]
    problems = []
    if slash:
        found = dns1123_subdomain_problems(prefix, unit="bytes") if prefix else ["must be non-empty"]
        problems += [f"prefix part {problem}" for problem in found]
    if not local:
        problems.append("name part must be non-empty")
    elif size_bytes(local) > MAX_LABEL_BYTES:
        problems.append(f"name part must be no more than {MAX_LABEL_BYTES} bytes")
    if not re.fullmatch(_LABEL_KEY, local):
        problems.append(f"name part {_LABEL_KEY_RULE}")
    return problems


def label_value_problems(value: str) -> list[str]:
    """Say what keeps a text from being a label's value."""
    problems = _too_long(value, MAX_LABEL_BYTES, "bytes")
    return problems if re.fullmatch(_LABEL_VALUE, value) else [*problems, _LABEL_VALUE_RULE]


def complete_prefix(prefix: str) -> str:
    """Give a name that is as good as a prefix to which something will be appended.

    A dash at the end takes the character before it along, as in Kubernetes.
    Source: apimachinery pkg/api/validation/generic.go, `maskTrailingDash`.
    """
    if len(prefix) < 2 or not prefix.endswith("-"):
        return prefix
    if prefix[-2].isascii():
        return prefix[:-2] + "a"
    # Kubernetes cuts bytes, so a part of this character stays and spoils the name.
    rest = "\0" * (size_bytes(prefix[-2]) - 1)
    return f"{prefix[:-2]}{rest}a"
