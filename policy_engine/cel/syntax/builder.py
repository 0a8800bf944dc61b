"""Make the nodes of a tree: hand out ids, remember places, expand macros, collect findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from policy_engine.cel.errors import Issue
from policy_engine.cel.syntax.expansion import Expansion
from policy_engine.cel.syntax.literals import (
    LiteralError,
    parse_bytes,
    parse_double,
    parse_int,
    parse_string,
    parse_uint,
)
from policy_engine.cel.syntax.macro import Macro, MacroError
from policy_engine.cel.syntax.tokens import (
    BYTES,
    ESCAPED_IDENTIFIER,
    IDENTIFIER,
    NUM_FLOAT,
    NUM_INT,
    NUM_UINT,
    RESERVED,
    STRING,
)
from policy_engine.cel.syntax.tree import Call, Constant, Ident, Literal, Node, Select

MacroTable: TypeAlias = Mapping[str, Mapping[tuple[bool, int | None], Macro]]


def macro_table(macros: Sequence[Macro]) -> MacroTable:
    """Index macros by name, style and number of arguments; a later one replaces an earlier one."""
    table: dict[str, dict[tuple[bool, int | None], Macro]] = {}
    for macro in macros:
        table.setdefault(macro.function, {})[macro.receiver_style, macro.arg_count] = macro
    return table


class Malformed(Exception):
    """Say that a text is not in the language."""


class TreeBuilder:
    """Builds one tree. Methods that refuse something note a finding and give a placeholder node.

    Source: cel-go parser/helper.go, parserHelper; parser/parser.go, the Visit methods.
    """

    __slots__ = ("_macros", "_optional_syntax", "issues", "macro_calls", "offsets")

    def __init__(self, macros: MacroTable, *, optional_syntax: bool) -> None:
        self._macros = macros
        self._optional_syntax = optional_syntax
        self.offsets: dict[int, int] = {}
        self.macro_calls: dict[int, Call] = {}
        self.issues: list[Issue] = []

    def new_id(self, offset: int) -> int:
        """Give the next id to something at a place. Ids start at 1."""
        node_id = len(self.offsets) + 1
        self.offsets[node_id] = offset
        return node_id

    def refuse(self, message: str, offset: int) -> Node:
        """Note a finding. The placeholder is a literal: neither a name nor a field, as macros look for."""
        self.issues.append(Issue(message=message, offset=offset))
        return Literal(self.new_id(offset), offset, None)

    def literal(self, kind: str, text: str, offset: int, *, negative: bool = False) -> Node:
        """Make a literal of a token; offset: where it starts, its sign included."""
        value: Constant
        try:
            if kind == STRING:
                value = parse_string(text)
            elif kind == NUM_INT:
                value = parse_int(text, negative=negative)
            elif kind in _KEYWORD_VALUES:
                value = _KEYWORD_VALUES[kind]
            else:
                value = _NUMBERS_AND_BYTES[kind](text, negative)
        except LiteralError as error:
            return self.refuse(str(error), offset)
        return Literal(self.new_id(offset), offset, value)

    def ident(self, name: str, offset: int, leading_dot: int | None = None) -> Node:
        """Make an identifier; leading_dot: where its dot is, if there is one."""
        if name in RESERVED:
            return self.refuse(f"reserved identifier: {name}", offset if leading_dot is None else leading_dot)
        return Ident(self.new_id(offset), offset, name if leading_dot is None else "." + name)

    def field_name(self, kind: str, text: str, offset: int) -> str:
        """Give the name that a field's token stands for. Names in backticks are refused, as Kubernetes does.

        Raises Malformed for any other token than a name.
        """
        if kind == IDENTIFIER:
            return text
        if kind != ESCAPED_IDENTIFIER:
            raise Malformed
        self.refuse("unsupported syntax: '`'", offset)
        return text[1:-1]

    def optional(self, written: str, offset: int) -> None:
        """Note a use of the syntax for optionals, which may not be known yet. written: `.?`, `[?` or `?`."""
        if not self._optional_syntax:
            self.refuse(f"unsupported syntax '{written}'", offset)

    def select(self, operand: Node, field: str, offset: int) -> Node:
        """Make `operand.field`; offset: the dot's."""
        return Select(self.new_id(offset), offset, operand, field)

    def optional_select(self, operand: Node, field: str, offset: int, field_offset: int) -> Node:
        """Make `operand.?field`; offset: the dot's."""
        name = Literal(self.new_id(field_offset), field_offset, field)
        return Call(self.new_id(offset), offset, "_?._", (operand, name))

    def call(self, node_id: int, function: str, target: Node | None, args: Sequence[Node]) -> Node:
        """Make a function or method call whose id was taken before its arguments', or expand a macro."""
        offset = self.offsets[node_id]
        styles = self._macros.get(function)
        if styles is not None:
            is_method = target is not None
            macro = styles.get((is_method, len(args))) or styles.get((is_method, None))
            if macro is not None:
                try:
                    expanded = macro.expand(Expansion(self.new_id, offset), target, args)
                except MacroError as error:
                    return self.refuse(error.message, offset if error.node is None else error.node.offset)
                if expanded is not None:
                    self.macro_calls[expanded.id] = Call(node_id, offset, function, tuple(args), target)
                    return expanded
        return Call(node_id, offset, function, tuple(args), target)

    def chain(self, function: str, terms: Sequence[Node], ids: Sequence[int]) -> Node:
        """Join terms by `&&` or `||` into a balanced tree; ids: of the operators between them.

        Source: cel-go parser/helper.go, logicManager.balancedTree.
        """
        if len(ids) == 1:
            return Call(ids[0], self.offsets[ids[0]], function, (terms[0], terms[1]))
        middle = len(ids) // 2
        left = self.chain(function, terms[: middle + 1], ids[:middle]) if middle else terms[0]
        rest = ids[middle + 1 :]
        right = self.chain(function, terms[middle + 1 :], rest) if rest else terms[-1]
        return Call(ids[middle], self.offsets[ids[middle]], function, (left, right))


_KEYWORD_VALUES: Final = {"true": True, "false": False, "null": None}
_NUMBERS_AND_BYTES: Final[Mapping[str, Callable[[str, bool], Constant]]] = {
    NUM_UINT: lambda text, negative: parse_uint(text),
    NUM_FLOAT: lambda text, negative: parse_double(text, negative=negative),
    BYTES: lambda text, negative: parse_bytes(text),
}
