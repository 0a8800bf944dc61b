"""What names may look like, and what the API server says of those that do not.

Source: apimachinery pkg/util/validation/validation.go and pkg/api/validate/content/path.go. Label keys and
values are in `cel.libraries.name_rules`.
"""

from __future__ import annotations

import re

from policy_engine.admission.validation.go_text import size_bytes
from policy_engine.cel.libraries.name_rules import dns1123_subdomain_problems

_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_LABEL_1035_RULE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character "
    f"(e.g. 'my-name',  or 'abc-123', regex used for validation is '{_LABEL_1035}')"
)
_MAX_LABEL_BYTES = 63  # RFC 1035

_IDENTIFIER = re.compile("[_a-zA-Z][_a-zA-Z0-9]*")
# Source: kubernetes pkg/apis/admissionregistration/validation/validation.go, `celReserved`.
_RESERVED = frozenset(
    {"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if"}
    | {"import", "let", "loop", "package", "namespace", "return", "var", "void", "while"}
)


def name_errors(name: str) -> list[str]:
    """Say what keeps a name from being that of a policy or a binding: a DNS subdomain."""
    return dns1123_subdomain_problems(name)


def name_prefix_errors(prefix: str) -> list[str]:
    """Say what keeps a prefix for generated names from being the start of a DNS subdomain.

    Source: apimachinery pkg/api/validation/generic.go, `maskTrailingDash`: a last dash may stand, and
    hides the character before it.
    """
    if len(prefix) > 1 and prefix.endswith("-"):
        prefix = prefix[:-2] + "a"
    return name_errors(prefix)


def dns_label_errors(name: str) -> list[str]:
    """Say what keeps a name from being a DNS label in the sense of RFC 1035."""
    errors = []
    if size_bytes(name) > _MAX_LABEL_BYTES:
        errors.append(f"must be no more than {_MAX_LABEL_BYTES} characters")
    if not re.fullmatch(_LABEL_1035, name):
        errors.append(_LABEL_1035_RULE)
    return errors


def path_segment_errors(name: str) -> list[str]:
    """Say what keeps a name from being one segment of a URL's path."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{part}'" for part in "/%" if part in name]


def is_cel_identifier(name: str) -> bool:
    """Tell whether an expression could write the name after `variables.`."""
    return _IDENTIFIER.fullmatch(name) is not None and name not in _RESERVED
