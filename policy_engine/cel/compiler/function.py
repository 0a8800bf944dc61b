"""The Python function being built: its statements, locals and constants."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from policy_engine.cel.budget import Meter
from policy_engine.cel.compiler import code
from policy_engine.cel.compiler.code import Fragment
from policy_engine.cel.compiler.runtime import NAMES
from policy_engine.cel.libraries.declare import Value

Compiled: TypeAlias = Callable[[Mapping[str, Value], Meter], Value]
"""What becomes of an expression: (variables, meter) -> value. Raises anything where it does not succeed."""


class Unsupported(Exception):
    """Leave an expression to the interpreter: it cannot, or need not, be compiled."""


# CPython allows 20 nested blocks in a function; a loop takes one. Deeper macros are rare, and interpreted.
MAX_NESTED_LOOPS = 18


class FunctionBuilder:
    """Collects the body of `evaluate(V, M)`: V maps variables to values, M is the meter."""

    def __init__(self) -> None:
        self.globals: dict[str, Any] = dict(NAMES)
        self._body: list[ast.stmt] = []
        self._inputs: dict[str, str] = {}
        self._count = 0
        self._loops = 0

    def local(self) -> str:
        """Give a new local's name."""
        self._count += 1
        return f"t{self._count}"

    def shared(self, value: Value) -> ast.Name:
        """Make a value that `ast` cannot write a global of the function."""
        self._count += 1
        identifier = f"k{self._count}"
        self.globals[identifier] = value
        return code.name(identifier)

    def variable(self, variable: str) -> ast.Name:
        """Give the local that holds a declared variable; it is read once, at the start."""
        if variable not in self._inputs:
            self._inputs[variable] = f"v{len(self._inputs)}"
        return code.name(self._inputs[variable])

    def emit(self, statement: ast.stmt) -> None:
        """Add a statement where we are."""
        self._body.append(statement)

    def store(self, fragment: Fragment) -> Fragment:
        """Evaluate a fragment now, into a local."""
        if fragment.is_atom:
            return fragment
        identifier = self.local()
        self.emit(code.assign(identifier, fragment.expr))
        return Fragment(code.name(identifier), fragment.python_class)

    def reused(self, fragment: Fragment) -> tuple[ast.expr, ast.expr]:
        """Give a first and a later use of a fragment; the first has to be evaluated before."""
        if fragment.is_atom:
            return fragment.expr, fragment.expr
        identifier = self.local()
        return code.walrus(identifier, fragment.expr), code.name(identifier)

    @contextmanager
    def block(self) -> Iterator[list[ast.stmt]]:
        """Collect statements into a block of their own."""
        outer, self._body = self._body, []
        try:
            yield self._body
        finally:
            self._body = outer

    @contextmanager
    def loop_block(self) -> Iterator[list[ast.stmt]]:
        """Collect the statements of a loop's body."""
        self._loops += 1
        if self._loops > MAX_NESTED_LOOPS:
            raise Unsupported
        with self.block() as body:
            yield body
        self._loops -= 1

    def build(self, result: Fragment) -> Compiled:
        """Compile the function."""
        inputs = [
            code.assign(identifier, code.item(code.name("V"), code.constant(variable)))
            for variable, identifier in self._inputs.items()
        ]
        module = code.function(["V", "M"], [*inputs, *self._body, code.give(result.expr)])
        exec(compile(module, "<expression>", "exec"), self.globals)
        compiled: Compiled = self.globals.pop("evaluate")
        return compiled
