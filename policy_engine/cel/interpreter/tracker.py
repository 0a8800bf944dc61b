"""Exact cost accounting, as Kubernetes charges an expression while it evaluates it."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.cel.errors import CostLimitExceeded
from policy_engine.cel.libraries.declare import Value

SELECT_COST = 1  # cel-go common/cost.go, SelectAndIdentCost
LIST_COST = 10  # ListCreateBaseCost
MAP_COST = 30  # MapCreateBaseCost
STRUCT_COST = 40  # StructCreateBaseCost


class Tracker:
    """What one evaluation has cost so far, with the stack of values that call costs are computed from.

    Each step pushes its result under its node id; a call takes its arguments back by their ids and is only
    charged if all are found. What lies above a taken or dropped value goes with it, and some values stay
    behind for ever. That is a quirk, but recorded costs depend on it, so the stack is kept as it is there.

    Source: cel-go interpreter/runtimecost.go, `CostTracker` and `refValStack`.
    """

    __slots__ = ("_ids", "_places", "_values", "cost", "limit")

    def __init__(self, limit: int) -> None:
        self.cost = 0
        self.limit = limit
        self._ids: list[int] = []
        self._values: list[Value] = []
        # Where each id lies in the stack, in rising order. Entries above the stack's top are stale.
        self._places: dict[int, list[int]] = {}

    def push(self, id_: int, value: Value) -> None:
        """Record the result of a step. Raises CostLimitExceeded once the cost is past the limit."""
        place = len(self._ids)
        self._ids.append(id_)
        self._values.append(value)
        places = self._places.get(id_)
        if places is None:
            self._places[id_] = [place]
        else:
            while places and places[-1] >= place:
                places.pop()
            places.append(place)
        if not 0 <= self.cost <= self.limit:
            self.cost %= 1 << 64  # Kubernetes counts in 64 bits without a sign
            raise CostLimitExceeded(self.cost)

    def drop(self, id_: int) -> None:
        """Remove the topmost value of this id with all above it; nothing where there is none."""
        place = self._find(id_)
        if place >= 0:
            del self._ids[place:]
            del self._values[place:]

    def take(self, ids: Sequence[int]) -> list[Value] | None:
        """Remove the values of these ids, last one first, with all above them.

        None where one is missing: those after it are gone all the same.
        """
        taken: list[Value] = []
        for id_ in reversed(ids):
            place = self._find(id_)
            if place < 0:
                return None
            taken.append(self._values[place])
            del self._ids[place:]
            del self._values[place:]
        taken.reverse()
        return taken

    def _find(self, id_: int) -> int:
        ids = self._ids
        if ids and ids[-1] == id_:
            return len(ids) - 1
        places = self._places.get(id_)
        while places:
            place = places[-1]
            if place < len(ids) and ids[place] == id_:
                return place
            places.pop()
        return -1
