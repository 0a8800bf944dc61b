"""Random expressions: well-formed text, for the parser and for comparing evaluators.

`EXPRESSIONS` are of any type and mostly fail when they are checked or evaluated; `TYPED` have the type their
name says, so they mostly get through the checker. Both speak of `object` and `params`, as in `ACTIVATIONS`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

Texts: TypeAlias = st.SearchStrategy[str]

NAMES: Final = st.sampled_from(["object", "params", "x", "y"])
FIELDS: Final = st.sampled_from(["a", "b", "spec", "name", "items", "import"])

INTS: Final = st.one_of(st.integers(-3, 3), st.integers(-(1 << 63), (1 << 63) - 1)).map(str)
UINTS: Final = st.one_of(st.integers(0, 3), st.integers(0, (1 << 64) - 1)).map("{}u".format)
DOUBLES: Final = st.floats(allow_nan=False, allow_infinity=False).map(
    lambda value: text if "e" in (text := repr(value)) or "." in text else text + ".0"
)
STRINGS: Final = st.text(st.sampled_from("abcA9 é😀\n\"'\\."), max_size=5).map(
    lambda value: '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
)
BYTES: Final = st.binary(max_size=4).map(lambda value: "b'" + "".join(f"\\x{b:02x}" for b in value) + "'")
LITERALS: Final = st.one_of(INTS, UINTS, DOUBLES, STRINGS, BYTES, st.sampled_from(["true", "false", "null"]))


def _formatted(template: str, *parts: Texts) -> Texts:
    return st.tuples(*parts).map(lambda texts: template.format(*texts))


def _compound(inner: Texts) -> Texts:
    operator = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%", "&&", "||"])
    macro = st.sampled_from(["all", "exists", "exists_one", "map", "filter"])
    two_var_macro = st.sampled_from(["all", "exists", "existsOne", "transformList", "transformMap"])
    return st.one_of(
        _formatted("({})", inner),
        _formatted("({}) {} ({})", inner, operator, inner),
        _formatted("{} {} {}", st.one_of(LITERALS, NAMES), operator, st.one_of(LITERALS, NAMES)),
        _formatted("({}) ? ({}) : ({})", inner, inner, inner),
        _formatted("!({})", inner),
        _formatted("-({})", inner),
        _formatted("({}).{}", inner, FIELDS),
        _formatted("({}).?{}", inner, FIELDS),
        _formatted("({})[{}]", inner, inner),
        _formatted("({})[?{}]", inner, inner),
        _formatted("has(({}).{})", inner, FIELDS),
        _formatted("size({})", inner),
        _formatted("({}).startsWith({})", inner, inner),
        _formatted("({}).{}(x, {})", inner, macro, inner),
        _formatted("({}).{}(x, y, {})", inner, two_var_macro, inner),
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.lists(st.tuples(inner, inner), max_size=2).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        ),
    )


EXPRESSIONS: Final[Texts] = st.recursive(st.one_of(LITERALS, NAMES), _compound, max_leaves=12)


@cache
def typed(kind: str, depth: int = 3) -> Texts:
    """Give expressions of a type: `bool`, `int`, `double`, `string`, `list` (of ints) or `dyn`."""
    leaves = _LEAVES[kind]
    return leaves if depth == 0 else st.one_of(leaves, *_GROWN[kind](lambda name: typed(name, depth - 1)))


_LEAVES: Final[dict[str, Texts]] = {
    "bool": st.sampled_from(["true", "false"]),
    "int": INTS,
    "double": DOUBLES,
    "string": STRINGS,
    "list": st.lists(st.integers(-3, 3), min_size=1, max_size=3).map(str),
    "dyn": st.sampled_from(
        [
            *("object.n", "object.s", "object.b", "object.f", "object.none", "object.missing", "object.l[0]"),
            *("object.m.k", "object.m['k']", "object.l[9]", "params.n", "params.s", "object.m", "object.l"),
        ]
    ),
}


def _grow_bool(of: Callable[[str], Texts]) -> list[Texts]:
    compare = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    return [
        _formatted("({} && {})", of("bool"), of("bool")),
        _formatted("({} || {})", of("bool"), of("bool")),
        _formatted("!{}", of("bool")),
        _formatted("({} {} {})", of("int"), compare, of("int")),
        _formatted("({} {} {})", of("string"), compare, of("string")),
        _formatted("({} {} {})", of("double"), compare, of("double")),
        _formatted("({} == {})", of("dyn"), of("dyn")),
        _formatted("({} == {})", of("dyn"), of("string")),
        _formatted("({} < {})", of("dyn"), of("int")),
        _formatted("({} in {})", of("int"), of("list")),
        _formatted("({}.all(x, x > {}))", of("list"), of("int")),
        _formatted("({}.exists(x, x == {}))", of("list"), of("dyn")),
        _formatted("({}.exists_one(x, x == {}))", of("list"), of("int")),
        _formatted("{}.startsWith({})", of("string"), of("string")),
        _formatted("has(object.{})", FIELDS),
        _formatted("({} ? {} : {})", of("bool"), of("bool"), of("bool")),
    ]


def _grow_int(of: Callable[[str], Texts]) -> list[Texts]:
    operator = st.sampled_from("+-*/%")
    return [
        _formatted("({} {} {})", of("int"), operator, of("int")),
        _formatted("size({})", of("list")),
        _formatted("{}.size()", of("string")),
        _formatted("{}[{}]", of("list"), of("int")),
        _formatted("int({})", of("double")),
        _formatted("({} ? {} : {})", of("bool"), of("int"), of("int")),
        _formatted("{}.sum()", of("list")),
    ]


def _grow_double(of: Callable[[str], Texts]) -> list[Texts]:
    return [
        _formatted("({} {} {})", of("double"), st.sampled_from("+-*/"), of("double")),
        _formatted("double({})", of("int")),
    ]


def _grow_string(of: Callable[[str], Texts]) -> list[Texts]:
    return [
        _formatted("({} + {})", of("string"), of("string")),
        _formatted("string({})", of("int")),
        _formatted("{}.lowerAscii()", of("string")),
        _formatted("'%d-%s'.format([{}, {}])", of("int"), of("string")),
        _formatted("({} ? {} : {})", of("bool"), of("string"), of("string")),
    ]


def _grow_list(of: Callable[[str], Texts]) -> list[Texts]:
    return [
        _formatted("[{}, {}]", of("int"), of("int")),
        _formatted("({} + {})", of("list"), of("list")),
        _formatted("{}.map(x, x + {})", of("list"), of("int")),
        _formatted("{}.map(x, x > {}, x)", of("list"), of("int")),
        _formatted("{}.filter(x, x != {})", of("list"), of("dyn")),
        _formatted("{}.transformList(i, x, i + x)", of("list")),
    ]


def _grow_dyn(of: Callable[[str], Texts]) -> list[Texts]:
    return [
        _formatted("dyn({})", of("int")),
        _formatted("dyn({})", of("string")),
        _formatted("({} + {})", of("dyn"), of("dyn")),
        _formatted("({} ? {} : {})", of("dyn"), of("dyn"), of("dyn")),
        _formatted("({} && {})", of("dyn"), of("dyn")),
        _formatted("object.?{}.orValue({})", FIELDS, of("dyn")),
        _formatted("{}[{}]", of("dyn"), of("dyn")),
    ]


_GROWN: Final[dict[str, Callable[[Callable[[str], Texts]], list[Texts]]]] = {
    "bool": _grow_bool,
    "int": _grow_int,
    "double": _grow_double,
    "string": _grow_string,
    "list": _grow_list,
    "dyn": _grow_dyn,
}

TYPED: Final[Texts] = st.one_of(*(typed(kind) for kind in _LEAVES))

_VALUES: Final = st.fixed_dictionaries(
    {
        "n": st.integers(-3, 3),
        "s": st.sampled_from(["", "a", "aé"]),
        "b": st.booleans(),
        "f": st.sampled_from([0.0, 1.0, -1.5]),
        "l": st.lists(st.integers(-3, 3), max_size=3),
        "m": st.dictionaries(st.sampled_from(["k", "a"]), st.integers(-3, 3)),
        "none": st.none(),
    },
    optional={"spec": st.just({"a": 1}), "name": st.just("web"), "items": st.just([])},
)
ACTIVATIONS: Final[st.SearchStrategy[dict[str, Any]]] = st.fixed_dictionaries(
    {"object": _VALUES, "params": _VALUES}
)
