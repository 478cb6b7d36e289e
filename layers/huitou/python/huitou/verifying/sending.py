"""What a message that brings a code is told when it is sent."""

from __future__ import annotations

from datetime import datetime

from huitou.kernel.ids import OwnedId
from huitou.outbox.ports import Code
from huitou.verifying.codes import OneTimeCodes
from huitou.verifying.model import VerificationState
from huitou.verifying.ports import VerificationStore


class DueCodes:
    """`huitou.outbox.ports.Codes`: a message has the id of its verification."""

    def __init__(self, store: VerificationStore, codes: OneTimeCodes) -> None:
        self._store = store
        self._codes = codes

    def of(self, message: OwnedId, now: datetime) -> Code | None:
        waiting = self._store.load(message)
        if waiting is None or waiting.state(now) is not VerificationState.WAITING:
            return None
        return Code(self._codes.of(waiting), waiting.identity.value)
