"""Tiers given by hand, as they come over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from huitou.fields import Body, ClientReference, Moment, Name, Text
from huitou.kernel.ids import Digest
from huitou.program.model import BrandId
from huitou.standing.model import Grant


class TierGrantBody(Body):
    """A tier given by hand. A member who has a higher one keeps it."""

    tier: Annotated[Name, Field(examples=["gold"])]
    until: Moment | None = None
    """When it is reviewed; by default, as if the member had reached it now."""
    reason: Text
    """Why. The member may be told."""
    actor: Name
    """Who decided it, as your own systems call them."""
    client_reference: ClientReference | None = None

    def grant(self, key: Digest, brand: BrandId, now: datetime) -> Grant:
        """The grant to make."""
        return Grant(key, self.tier, now, self.until, brand, self.reason, self.actor)
