"""What names may look like beyond what `cel.libraries.name_rules` says of them.

Source: apimachinery pkg/api/validate/content/path.go; kubernetes pkg/apis/admissionregistration/validation.
"""

from __future__ import annotations

import re

from policy_engine.admission.escaping import RESERVED

_IDENTIFIER = re.compile("[_a-zA-Z][_a-zA-Z0-9]*")


def path_segment_errors(name: str) -> list[str]:
    """Say what keeps a name from being one segment of a URL's path."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{part}'" for part in "/%" if part in name]


def is_cel_identifier(name: str) -> bool:
    """Tell whether an expression could write the name after `variables.`."""
    return _IDENTIFIER.fullmatch(name) is not None and name not in RESERVED
