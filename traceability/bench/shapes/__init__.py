"""Three ways in which material becomes product. Each is an endless generator that yields after every piece of work."""

from traceability.bench.shapes.bulk import bulk
from traceability.bench.shapes.discrete import discrete
from traceability.bench.shapes.food import food

# Shape → its part of all movements.
SHARES = {food: 0.4, discrete: 0.3, bulk: 0.3}

__all__ = ["SHARES", "bulk", "discrete", "food"]
