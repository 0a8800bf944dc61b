"""CEL's grammar, rule by rule as cel-go's parser has it.

Source: cel-go parser/gen/CEL.g4. Which choices need more than one token of lookahead is as ANTLR decided.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from policy_engine.cel.syntax.recovery.network import (
    Network,
    choice,
    enter,
    guard,
    optional,
    plus,
    sequence,
    star,
    take,
)
from policy_engine.cel.syntax.tokens import (
    BYTES,
    EOF,
    ESCAPED_IDENTIFIER,
    IDENTIFIER,
    NUM_FLOAT,
    NUM_INT,
    NUM_UINT,
    STRING,
)

# In the order in which messages list what was expected.
TOKEN_ORDER: Final = (
    EOF,
    *("==", "!=", "in", "<", "<=", ">=", ">", "&&", "||"),
    *("[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*", "/", "%"),
    *("true", "false", "null"),
    *(NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER, ESCAPED_IDENTIFIER),
)


@cache
def network() -> Network:
    """Give the network of the grammar. It is built when the first text turns out to be malformed."""
    arguments = sequence(take("("), optional(enter("exprList")), take(")"))
    return Network(
        {
            "start": sequence(enter("expr"), take(EOF)),
            "expr": sequence(
                enter("conditionalOr"),
                optional(sequence(take("?"), enter("conditionalOr"), take(":"), enter("expr"))),
            ),
            "conditionalOr": sequence(
                enter("conditionalAnd"), star(sequence(take("||"), enter("conditionalAnd")))
            ),
            "conditionalAnd": sequence(enter("relation"), star(sequence(take("&&"), enter("relation")))),
            "relation": sequence(
                enter("calc"),
                star(
                    sequence(guard(1), take("<", "<=", ">=", ">", "==", "!=", "in"), enter("relation", 2)),
                    adaptive=True,
                    precedence=True,
                ),
            ),
            "calc": sequence(
                enter("unary"),
                star(
                    sequence(guard(2), take("*", "/", "%"), enter("calc", 3)),
                    sequence(guard(1), take("+", "-"), enter("calc", 2)),
                    adaptive=True,
                    precedence=True,
                ),
            ),
            "unary": choice(
                enter("member"),
                sequence(plus(take("!"), adaptive=False), enter("member")),
                sequence(plus(take("-"), adaptive=True), enter("member")),
            ),
            "member": sequence(
                enter("primary"),
                star(
                    sequence(guard(3), take("."), optional(take("?")), enter("escapeIdent")),
                    sequence(guard(2), take("."), take(IDENTIFIER), arguments),
                    sequence(guard(1), take("["), optional(take("?")), enter("expr"), take("]")),
                    adaptive=True,
                    precedence=True,
                ),
            ),
            "primary": choice(
                sequence(optional(take(".")), take(IDENTIFIER)),
                sequence(optional(take(".")), take(IDENTIFIER), arguments),
                sequence(take("("), enter("expr"), take(")")),
                sequence(take("["), optional(enter("listInit")), optional(take(",")), take("]")),
                sequence(take("{"), optional(enter("mapInitializerList")), optional(take(",")), take("}")),
                sequence(
                    optional(take(".")),
                    take(IDENTIFIER),
                    star(sequence(take("."), take(IDENTIFIER))),
                    take("{"),
                    optional(enter("fieldInitializerList")),
                    optional(take(",")),
                    take("}"),
                ),
                enter("literal"),
            ),
            "exprList": sequence(enter("expr"), star(sequence(take(","), enter("expr")))),
            "listInit": sequence(enter("optExpr"), star(sequence(take(","), enter("optExpr")), adaptive=True)),
            "fieldInitializerList": sequence(
                enter("optField"),
                take(":"),
                enter("expr"),
                star(sequence(take(","), enter("optField"), take(":"), enter("expr")), adaptive=True),
            ),
            "optField": sequence(optional(take("?")), enter("escapeIdent")),
            "mapInitializerList": sequence(
                enter("optExpr"),
                take(":"),
                enter("expr"),
                star(sequence(take(","), enter("optExpr"), take(":"), enter("expr")), adaptive=True),
            ),
            "escapeIdent": choice(take(IDENTIFIER), take(ESCAPED_IDENTIFIER), adaptive=False),
            "optExpr": sequence(optional(take("?")), enter("expr")),
            "literal": choice(
                sequence(optional(take("-")), take(NUM_INT)),
                take(NUM_UINT),
                sequence(optional(take("-")), take(NUM_FLOAT)),
                *map(take, (STRING, BYTES, "true", "false", "null")),
            ),
        }
    )
