"""CEL's values: plain Python for what JSON has, small classes for the rest, and what they can do."""

from policy_engine.cel.values.arithmetic import add, divide, modulo, multiply, negate, subtract
from policy_engine.cel.values.containers import contains, insert, is_zero, size
from policy_engine.cel.values.dispatch import no_such_overload
from policy_engine.cel.values.display import go_text
from policy_engine.cel.values.durations import Duration, parse_duration
from policy_engine.cel.values.equality import equal
from policy_engine.cel.values.maps import KeyedMap, find, make_map
from policy_engine.cel.values.numbers import INT_MAX, INT_MIN, UINT_MAX, UInt
from policy_engine.cel.values.opaque import OpaqueValue
from policy_engine.cel.values.optional import ABSENT, NONE, Optional
from policy_engine.cel.values.ordering import compare, greater, greater_or_equal, less, less_or_equal
from policy_engine.cel.values.timestamps import Timestamp, parse_timestamp
from policy_engine.cel.values.types import TypeValue
from policy_engine.cel.values.typing import matches, type_name, type_of, type_value

__all__ = [
    "ABSENT",
    "INT_MAX",
    "INT_MIN",
    "NONE",
    "UINT_MAX",
    "Duration",
    "KeyedMap",
    "OpaqueValue",
    "Optional",
    "Timestamp",
    "TypeValue",
    "UInt",
    "add",
    "compare",
    "contains",
    "divide",
    "equal",
    "find",
    "go_text",
    "greater",
    "greater_or_equal",
    "insert",
    "is_zero",
    "less",
    "less_or_equal",
    "make_map",
    "matches",
    "modulo",
    "multiply",
    "negate",
    "no_such_overload",
    "parse_duration",
    "parse_timestamp",
    "size",
    "subtract",
    "type_name",
    "type_of",
    "type_value",
]
