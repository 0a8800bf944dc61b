"""Parse well-formed text: an operator-precedence parser with its own stacks, so depth costs no recursion.

It knows only what is right. The moment a token fits nowhere it gives up with `Malformed`, and
`syntax/recovery` reads the text again to say what is wrong in the words cel-go has for it.
Source: cel-go parser/gen/CEL.g4 (grammar), parser/parser.go (order of ids, places).
"""

from __future__ import annotations

from typing import Final

from policy_engine.cel.syntax.builder import Malformed, TreeBuilder
from policy_engine.cel.syntax.pending import (
    AND,
    BINARY,
    CLOSED_BY,
    ELSE,
    OPEN,
    OR,
    UNARY,
    Chain,
    Form,
    Open,
    Operator,
    Pending,
    ReservedCall,
)
from policy_engine.cel.syntax.tokens import (
    BYTES,
    EOF,
    IDENTIFIER,
    NUM_FLOAT,
    NUM_INT,
    NUM_UINT,
    RESERVED,
    STRING,
    Tokens,
)
from policy_engine.cel.syntax.tree import Call, Node

_LITERALS: Final = frozenset((STRING, NUM_INT, NUM_FLOAT, NUM_UINT, BYTES, "true", "false", "null"))
_SIGNED: Final = frozenset((NUM_INT, NUM_FLOAT))


class Parser:
    """Parses one text. Two states alternate: an operand is due, or something that may follow one.

    Methods named after a token or construct read it and tell whether an operand is now complete (True)
    or due (False).
    """

    __slots__ = ("_at", "_builder", "_kinds", "_levels", "_offsets", "_pending", "_texts", "_values")

    def __init__(self, tokens: Tokens, builder: TreeBuilder) -> None:
        self._kinds, self._offsets, self._texts = tokens
        self._builder = builder
        self._at = 0
        self._values: list[Node] = []
        # Two stacks in step: what is pending, and how tightly it binds.
        self._pending: list[Pending] = [Open(Form.TEXT)]
        self._levels: list[int] = [OPEN]

    def parse(self) -> Node:
        """Give the tree of the whole text. Raises Malformed."""
        kinds = self._kinds
        complete = False
        while True:
            if not complete:
                complete = self._operand()
                continue
            kind = kinds[self._at]
            if kind == ".":
                complete = self._dot()
            elif kind in BINARY:
                complete = self._binary(kind)
            elif kind == EOF:
                if self._innermost().form is not Form.TEXT:
                    raise Malformed
                return self._values[0]
            else:
                follow = _FOLLOW.get(kind)
                if follow is None:
                    raise Malformed
                complete = follow(self)

    # An operand is due.

    def _operand(self) -> bool:
        at = self._at
        kind = self._kinds[at]
        if kind == IDENTIFIER:
            return self._name(at, None)
        if kind == "!" or kind == "-":
            return self._sign(kind)
        if kind in _LITERALS:
            self._values.append(self._builder.literal(kind, self._texts[at], self._offsets[at]))
            self._at = at + 1
            return True
        if kind == "(":
            self._at = at + 1
            return self._open(Open(Form.NESTED))
        if kind == "[":
            return self._list()
        if kind == "{":
            return self._map()
        if kind == "." and self._kinds[at + 1] == IDENTIFIER:
            return self._name(at + 1, self._offsets[at])
        raise Malformed

    def _sign(self, sign: str) -> bool:
        """Read a run of `!` or `-`, of which an even one has no effect, or a negative number."""
        first = at = self._at
        kinds = self._kinds
        while kinds[at] == sign:
            at += 1
        if sign == "-" and at - first == 1 and kinds[at] in _SIGNED:
            return self._negative(at)
        if (at - first) % 2:
            offset = self._offsets[first]
            self._pending.append(Operator(sign + "_", self._builder.new_id(offset), offset))
            self._levels.append(UNARY)
        self._at = at
        kind = kinds[at]
        if kind == "-" and kinds[at + 1] in _SIGNED:
            return self._negative(at + 1)
        if kind == "!" or kind == "-":
            raise Malformed
        return False

    def _negative(self, at: int) -> bool:
        number = self._builder.literal(self._kinds[at], self._texts[at], self._offsets[at - 1], negative=True)
        self._values.append(number)
        self._at = at + 1
        return True

    def _name(self, at: int, leading_dot: int | None) -> bool:
        """Read what an identifier starts: a variable, a call of a function, or a struct literal."""
        following = self._kinds[at + 1]
        if following == "(":
            return self._global_call(at, leading_dot)
        if following == "{" or (following == "." and self._is_struct(at)):
            return self._struct(at, leading_dot)
        self._values.append(self._builder.ident(self._texts[at], self._offsets[at], leading_dot))
        self._at = at + 1
        return True

    def _global_call(self, at: int, leading_dot: int | None) -> bool:
        name = self._texts[at]
        call = Open(Form.CALL, self._builder.new_id(self._offsets[at + 1]), name)
        if name in RESERVED:
            start = self._offsets[at] if leading_dot is None else leading_dot
            call.reserved = ReservedCall(start, len(self._builder.issues))
        elif leading_dot is not None:
            call.name = "." + name
        return self._arguments(call, at + 2)

    def _arguments(self, call: Open, at: int) -> bool:
        self._at = at
        self._open(call)
        return self._kinds[at] == ")" and self._finish(call)

    def _is_struct(self, at: int) -> bool:
        kinds = self._kinds
        while kinds[at + 1] == "." and kinds[at + 2] == IDENTIFIER:
            at += 2
        return kinds[at + 1] == "{"

    def _struct(self, at: int, leading_dot: int | None) -> bool:
        name = self._texts[at] if leading_dot is None else "." + self._texts[at]
        while self._kinds[at + 1] == ".":
            at += 2
            name += "." + self._texts[at]
        struct = Open(Form.STRUCT, self._builder.new_id(self._offsets[at + 1]), name)
        self._open(struct)
        at = self._at = at + 2
        if self._kinds[at] == "," and self._kinds[at + 1] == "}":
            at = self._at = at + 1
        return self._finish(struct) if self._kinds[at] == "}" else self._field(struct)

    def _field(self, struct: Open) -> bool:
        """Read `name:` or `?name:` of a struct literal."""
        at = self._at
        if not struct.fields:
            struct.start = self._offsets[at]
        struct.optional = self._kinds[at] == "?"
        if struct.optional:
            self._builder.optional("?", self._offsets[at])
            at += 1
        if self._kinds[at] == EOF or self._kinds[at + 1] != ":":
            raise Malformed
        struct.entry_id = self._builder.new_id(self._offsets[at + 1])
        # cel-go shows the place of the first field, whichever is wrong.
        struct.field = self._builder.field_name(self._kinds[at], self._texts[at], struct.start)
        self._at = at + 2
        return False

    def _list(self) -> bool:
        opened = Open(Form.LIST, self._builder.new_id(self._offsets[self._at]))
        self._open(opened)
        at = self._at = self._at + 1
        if self._kinds[at] == "," and self._kinds[at + 1] == "]":
            at = self._at = at + 1
        return self._finish(opened) if self._kinds[at] == "]" else self._element(opened)

    def _element(self, opened: Open) -> bool:
        if self._kinds[self._at] == "?":
            self._builder.optional("?", self._offsets[self._at])
            opened.optionals.append(len(opened.parts))
            self._at += 1
        return False

    def _map(self) -> bool:
        opened = Open(Form.MAP_VALUE, self._builder.new_id(self._offsets[self._at]))
        self._open(opened)
        at = self._at = self._at + 1
        if self._kinds[at] == "," and self._kinds[at + 1] == "}":
            at = self._at = at + 1
        return self._finish(opened) if self._kinds[at] == "}" else self._key(opened)

    def _key(self, opened: Open) -> bool:
        opened.form = Form.MAP_KEY
        opened.entry_id = self._builder.new_id(0)  # its place, the colon, is known when the key has been read
        opened.optional = self._kinds[self._at] == "?"
        if opened.optional:
            self._builder.optional("?", self._offsets[self._at])
            self._at += 1
        return False

    # An operand is complete.

    def _dot(self) -> bool:
        """Read `.field`, `.?field` or the start of `.method(...)`."""
        at = self._at
        dot = self._offsets[at]
        kind = self._kinds[at + 1]
        builder = self._builder
        if kind == IDENTIFIER:
            name = self._texts[at + 1]
            if self._kinds[at + 2] == "(":
                call = Open(Form.CALL, builder.new_id(self._offsets[at + 2]), name)
                call.target = self._values.pop()
                return self._arguments(call, at + 3)
            self._values[-1] = builder.select(self._values[-1], name, dot)
            self._at = at + 2
            return True
        optional = kind == "?"
        if optional:
            builder.optional(".?", dot)
            at += 1
        name = builder.field_name(self._kinds[at + 1], self._texts[at + 1], self._offsets[at + 1])
        operand = self._values[-1]
        if optional:
            self._values[-1] = builder.optional_select(operand, name, dot, self._offsets[at + 1])
        else:
            self._values[-1] = builder.select(operand, name, dot)
        self._at = at + 2
        return True

    def _bracket(self) -> bool:
        """Read the start of `[index]` or `[?index]`."""
        at = self._at
        index = Open(Form.INDEX, self._builder.new_id(self._offsets[at]))
        index.target = self._values.pop()
        index.optional = self._kinds[at + 1] == "?"
        if index.optional:
            self._builder.optional("[?", self._offsets[at])
        self._at = at + 2 if index.optional else at + 1
        return self._open(index)

    def _binary(self, kind: str) -> bool:
        level, function = BINARY[kind]
        offset = self._offsets[self._at]
        self._at += 1
        if level > AND:
            self._reduce(level)
            self._pending.append(Operator(function, self._builder.new_id(offset), offset))
            self._levels.append(level)
            return False
        self._reduce(level + 1)
        term = self._values.pop()
        chain = self._pending[-1]
        if self._levels[-1] == level and isinstance(chain, Chain):
            self._extend(chain, term)
            chain.offset = offset
        else:
            self._pending.append(Chain(function, term, offset))
            self._levels.append(level)
        return False

    def _question(self) -> bool:
        self._reduce(OR)
        top = self._pending[-1]
        if isinstance(top, Open) and top.form is Form.TRUE_BRANCH:
            raise Malformed  # `a ? b ? c : d : e` needs parentheses
        offset = self._offsets[self._at]
        self._at += 1
        return self._open(Open(Form.TRUE_BRANCH, self._builder.new_id(offset)))

    def _colon(self) -> bool:
        top = self._innermost()
        if top.form is Form.TRUE_BRANCH:
            self._pending[-1] = Operator("_?_:_", top.id, self._builder.offsets[top.id])
            self._levels[-1] = ELSE
        elif top.form is Form.MAP_KEY:
            top.form = Form.MAP_VALUE
            self._builder.offsets[top.entry_id] = self._offsets[self._at]
        else:
            raise Malformed
        self._at += 1
        return False

    def _comma(self) -> bool:
        top = self._innermost()
        self._at += 1
        if top.form is Form.CALL:
            top.parts.append(self._values.pop())
            return False
        if top.form not in _NEXT_PART:
            raise Malformed
        top.take(self._values, self._builder)
        if self._kinds[self._at] == CLOSED_BY[top.form]:  # a trailing comma
            return self._finish(top)
        return _NEXT_PART[top.form](self, top)

    def _closing(self) -> bool:
        top = self._innermost()
        if CLOSED_BY.get(top.form) != self._kinds[self._at]:
            raise Malformed
        top.take(self._values, self._builder)
        return self._finish(top)

    # The stacks.

    def _open(self, construct: Open) -> bool:
        self._pending.append(construct)
        self._levels.append(OPEN)
        return False

    def _innermost(self) -> Open:
        """Complete all operators back to the innermost open construct."""
        self._reduce(ELSE)
        top = self._pending[-1]
        assert isinstance(top, Open)
        return top

    def _reduce(self, level: int) -> None:
        """Complete the pending operators that bind at least as tightly as level."""
        levels, pending, values = self._levels, self._pending, self._values
        while levels[-1] >= level:
            done = levels.pop()
            operator = pending.pop()
            value = values.pop()
            if isinstance(operator, Chain):
                self._extend(operator, value)
                values.append(self._builder.chain(operator.function, operator.terms, operator.ids))
                continue
            assert isinstance(operator, Operator)
            if done == UNARY:
                args: tuple[Node, ...] = (value,)
            elif done == ELSE:
                true_branch = values.pop()
                args = (values.pop(), true_branch, value)
            else:
                args = (values.pop(), value)
            values.append(Call(operator.id, operator.offset, operator.function, args))

    def _extend(self, chain: Chain, term: Node) -> None:
        chain.terms.append(term)
        chain.ids.append(self._builder.new_id(chain.offset))

    def _finish(self, top: Open) -> bool:
        """Make the node of a construct whose closing bracket is reached."""
        self._at += 1
        self._pending.pop()
        self._levels.pop()
        self._values.append(top.node(self._builder))
        return True


_FOLLOW: Final = {
    "[": Parser._bracket,
    "?": Parser._question,
    ":": Parser._colon,
    ",": Parser._comma,
    ")": Parser._closing,
    "]": Parser._closing,
    "}": Parser._closing,
}

_NEXT_PART: Final = {Form.LIST: Parser._element, Form.MAP_VALUE: Parser._key, Form.STRUCT: Parser._field}
