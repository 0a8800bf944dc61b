"""Whether a value that was read quickly keeps to the limits."""

from __future__ import annotations

from policy_engine.sources.limits import Limits
from policy_engine.sources.values import JsonValue


def fits(value: JsonValue, limits: Limits) -> bool:
    """Tell whether depth, nodes and lengths of a value are within limits. Level by level, without recursion."""
    nodes, depth = 1, 0
    level: list[JsonValue] = [value]
    while level:
        containers = [item for item in level if item.__class__ is dict or item.__class__ is list]
        if any(len(item) > limits.scalar_length for item in level if isinstance(item, str)):
            return False
        if containers:
            depth += 1
        level = []
        for container in containers:
            if isinstance(container, dict):
                nodes += 2 * len(container)
                if any(len(key) > limits.scalar_length for key in container):
                    return False
                level.extend(container.values())
            elif isinstance(container, list):
                nodes += len(container)
                level.extend(container)
        if depth > limits.depth or nodes > limits.nodes:
            return False
    return True
