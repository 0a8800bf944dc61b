"""The engines that the expression benchmark lays side by side, each doing the same work its own best way."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from bench.workload import EXPRESSIONS, REQUEST, VARIABLES, document


class Engine(Protocol):
    """Compiles the workload once, then evaluates it again and again."""

    def evaluate(self, name: str) -> Callable[[], Any]:
        """Give a callable that evaluates one expression; input and variables are ready."""
        ...

    def request(self) -> Any:
        """Decode the document, and evaluate two variables and twenty expressions."""
        ...


class Polgate:
    """This project."""

    def __init__(self) -> None:
        import orjson

        from policy_engine.admission.environment import admission_environment
        from policy_engine.cel.budget import PER_CALL_LIMIT, Meter
        from policy_engine.cel.types import struct

        self._decode = orjson.loads
        self._raw = document()
        self._meter = Meter
        self._limit = PER_CALL_LIMIT
        environment = admission_environment("1.36")
        fields: dict[str, Any] = {}
        sizes: dict[str, Any] = {}
        self._variables: dict[str, Any] = {}
        for variable, text in VARIABLES.items():
            scope = environment.extend(
                variables={"variables": struct("variables")}, structs={"variables": dict(fields)}, sizes=sizes
            )
            program = scope.compile(text)
            fields[variable] = program.type
            if program.size is not None:
                sizes[f"variables.{variable}"] = program.size
            self._variables[variable] = program
        scope = environment.extend(
            variables={"variables": struct("variables")}, structs={"variables": fields}, sizes=sizes
        )
        self._programs = {name: scope.compile(text) for name, text in EXPRESSIONS.items()}
        self._sequence = [self._programs[name] for name in REQUEST]

    def _activation(self, value: Any, meter: Any) -> dict[str, Any]:
        activation: dict[str, Any] = {"object": value}
        activation["variables"] = _Lazy(self._variables, activation, meter)
        return activation

    def evaluate(self, name: str) -> Callable[[], Any]:
        meter = self._meter(1 << 60)
        activation = self._activation(self._decode(self._raw), meter)
        program = self._programs[name]
        return lambda: program.run(activation, meter)

    def request(self) -> Any:
        meter = self._meter(self._limit)
        activation = self._activation(self._decode(self._raw), meter)
        for program in self._sequence:
            program.run(activation, meter)
        activation.clear()  # it refers to itself through `variables`


class PolgateExact(Polgate):
    """This project's interpreter, which accounts for every unit of cost: what compiling is measured against."""

    def evaluate(self, name: str) -> Callable[[], Any]:
        activation = self._activation(self._decode(self._raw), self._meter(1 << 60))
        program = self._programs[name]
        return lambda: program.measure(activation)

    def request(self) -> Any:
        activation = self._activation(self._decode(self._raw), self._meter(self._limit))
        for program in self._sequence:
            program.measure(activation)
        activation.clear()


class _Lazy(dict[str, Any]):
    def __init__(self, programs: Mapping[str, Any], activation: dict[str, Any], meter: Any) -> None:
        super().__init__()
        self._programs = programs
        self._activation = activation
        self._meter = meter

    def __missing__(self, name: str) -> Any:
        value = self[name] = self._programs[name].run(self._activation, self._meter)
        return value


class CelPython:
    """cel-python, with its interpreting runner (the compiling one is not safe to share between threads)."""

    def __init__(self) -> None:
        import json

        import celpy
        from celpy import adapter, celtypes

        def join(values: Any, separator: Any = "") -> Any:
            return celtypes.StringType(str(separator).join(str(value) for value in values))

        self._adapt = adapter.json_to_cel
        self._decode = json.loads
        self._raw = document()
        self._map = celtypes.MapType
        self._text = celtypes.StringType
        environment = celpy.Environment()

        def compile(text: str) -> Any:
            return environment.program(environment.compile(text), functions={"join": join})

        expressions = dict(EXPRESSIONS)
        # It has no optionals: the nearest expression it can evaluate.
        expressions["optional"] = (
            "object.spec.template.spec.containers.exists(c, has(c.resources) && "
            "has(c.resources.limits) && has(c.resources.limits.memory))"
        )
        self._programs = {name: compile(text) for name, text in expressions.items()}
        self._variables = {name: compile(text) for name, text in VARIABLES.items()}

    def _activation(self, value: Any) -> dict[str, Any]:
        activation = {"object": self._adapt(value)}
        known = self._map({})
        activation["variables"] = known
        for name, program in self._variables.items():
            known[self._text(name)] = program.evaluate(activation)
        return activation

    def evaluate(self, name: str) -> Callable[[], Any]:
        activation = self._activation(self._decode(self._raw))
        program = self._programs[name]
        return lambda: program.evaluate(activation)

    def request(self) -> Any:
        activation = self._activation(self._decode(self._raw))
        for name in REQUEST:
            self._programs[name].evaluate(activation)


class CelExprPython:
    """cel-expr-python: cel-cpp behind Python bindings."""

    def __init__(self) -> None:
        import orjson
        from cel_expr_python import cel
        from cel_expr_python.ext import ext_bindings, ext_optional, ext_strings

        self._decode = orjson.loads
        self._raw = document()
        self._environment = cel.NewEnv(
            variables={
                "object": cel.Type.DYN,
                "variables.containers": cel.Type.List(cel.Type.DYN),
                "variables.foreign": cel.Type.List(cel.Type.STRING),
            },
            extensions=[ext_strings.ExtStrings(), ext_bindings.ExtBindings(), ext_optional.ExtOptional()],
        )
        self._programs = {name: self._environment.compile(text) for name, text in EXPRESSIONS.items()}
        self._variables = {name: self._environment.compile(text) for name, text in VARIABLES.items()}

    def _activation(self, value: Any) -> Any:
        known: dict[str, Any] = {"object": value}
        for name, program in self._variables.items():
            evaluated = program.eval(self._environment.Activation(dict(known)))
            known[f"variables.{name}"] = evaluated.plain_value()
        return self._environment.Activation(known)

    def evaluate(self, name: str) -> Callable[[], Any]:
        activation = self._activation(self._decode(self._raw))
        program = self._programs[name]
        return lambda: program.eval(activation).value()

    def request(self) -> Any:
        activation = self._activation(self._decode(self._raw))
        for name in REQUEST:
            self._programs[name].eval(activation).value()


def available() -> dict[str, Engine]:
    """Make the engines that are installed here."""
    engines: dict[str, Engine] = {"polgate": Polgate(), "polgate, exact": PolgateExact()}
    if importlib.util.find_spec("celpy"):
        engines["cel-python"] = CelPython()
    if importlib.util.find_spec("cel_expr_python"):
        engines["cel-expr-python"] = CelExprPython()
    return engines
