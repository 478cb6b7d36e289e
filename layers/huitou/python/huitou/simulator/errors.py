"""What may be refused about simulations."""

from __future__ import annotations

from huitou.kernel.errors import InvalidError, NotFoundError


class SimulationNotFoundError(NotFoundError):
    """No simulation has this id."""

    code = "simulation_not_found"
    title = "No such simulation"


class InvalidSimulationError(InvalidError):
    """What was named cannot be simulated; ``errors`` says why."""

    code = "invalid_simulation"
    title = "This cannot be simulated"
