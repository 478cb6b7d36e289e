"""Erasures over HTTP: what comes in, and how it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from huitou.erasing.model import Erasure
from huitou.erasing.service import Erased
from huitou.fields import Body, ClientReference, Name, Text, View
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import format_instant


class ErasureBody(Body):
    """A person wants to be forgotten."""

    reason: Text
    """Why, without naming anybody: it is kept."""
    actor: Name
    """Who decided it, as your own systems call them."""
    client_reference: ClientReference | None = None

    def order(self, member: MemberId, now: datetime) -> Erasure:
        """The erasure to carry out."""
        return Erasure(member, self.reason, self.actor, self.client_reference, now)


class ErasureView(View):
    """An erasure. All calls about the member answer 410 from now on."""

    member_id: str
    reason: str
    actor: str
    client_reference: str | None
    erased_at: datetime
    replayed: bool


def erasure_view(erased: Erased) -> dict[str, Any]:
    """An `ErasureView`."""
    erasure = erased.erasure
    return {
        "member_id": erasure.member,
        "reason": erasure.reason,
        "actor": erasure.actor,
        "client_reference": erasure.client_reference,
        "erased_at": format_instant(erasure.erased_at),
        "replayed": erased.replayed,
    }
