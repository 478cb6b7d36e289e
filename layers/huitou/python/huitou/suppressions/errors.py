"""What may be refused about addresses that nothing is sent to."""

from __future__ import annotations

from huitou.kernel.errors import NotFoundError


class SuppressionNotFoundError(NotFoundError):
    """Nothing was ever said of such an address."""

    code = "suppression_not_found"
    title = "Suppression not found"
