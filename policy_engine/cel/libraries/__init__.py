"""The function libraries, one module each; `KUBERNETES` lists those of Kubernetes' admission environment."""

from __future__ import annotations

from typing import Final

from policy_engine.cel.libraries import (
    authz,
    cidr,
    format,
    ip,
    lists_ext,
    lists_kubernetes,
    optional,
    quantity,
    regex,
    semver,
    sets,
    standard,
    standard_macros,
    strings,
    two_var_comprehensions,
    urls,
)
from policy_engine.cel.libraries.declare import Library

# In the order in which Kubernetes loads them: overloads of one name are tried in this order.
# Source: apiserver pkg/cel/environment/base.go, `baseOpts`.
KUBERNETES: Final[tuple[Library, ...]] = (
    standard_macros.LIBRARY,
    standard.LIBRARY,
    urls.LIBRARY,
    regex.LIBRARY,
    lists_kubernetes.LIBRARY,
    authz.LIBRARY,
    optional.LIBRARY,
    optional.FLAT_MAP,
    quantity.LIBRARY,
    strings.LIBRARY,
    sets.LIBRARY,
    ip.LIBRARY,
    cidr.LIBRARY,
    format.LIBRARY,
    authz.SELECTORS_LIBRARY,
    two_var_comprehensions.LIBRARY,
    semver.LIBRARY,
    lists_ext.LIBRARY,
)

__all__ = ["KUBERNETES"]
