"""Verifications for tests: an office whose programme sends codes, and whoever reads what comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count
from typing import Any, Final, TypeVar
from unittest.mock import patch

from huitou.access.model import Caller
from huitou.channels.model import Parcel
from huitou.kernel.channels import MessageChannel
from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.members.decisions import Presented
from huitou.members.identity import Identity, IdentityHasher
from huitou.members.model import HeldIdentity, Profile
from huitou.members.service import Enrolment
from huitou.verifying.model import Verification
from huitou.verifying.service import Begun, Confirmed, Verifications, Wanted, verification_command
from tests.office import PUBLISHED, SECRET, Office
from tests.templates import template, text

T = TypeVar("T")
CODE: Final = template(
    id="code",
    kind="service",
    texts=[text(email={"subject": "Your code", "body": "{{ code }}"}, sms="{{ code }}", line=None)],
)
VERIFICATION: Final = {"template": "code"}


def another(code: str) -> str:
    """A wrong one."""
    return f"{(int(code) + 1) % 10**6:06}"


class CodeOffice(Office):
    """Where codes are asked for, sent and said."""

    def __init__(self, templates: Sequence[Any] = (CODE,), **messages: Any) -> None:
        rules = {"verification": VERIFICATION, **messages}
        super().__init__({"templates": [*PUBLISHED["templates"], *templates]}, **rules)
        self.verifying = Verifications(
            self.verifications,
            codes=self.codes,
            addresses=IdentityHasher(lambda: SECRET),
            members=self.enrolment,
            outbox=self.outbox,
            wallets=self.shop.wallets,
            programs=self.programs,
            speech=self.speech,
            commit=self._write,
            pause=lambda _: None,
        )
        self._calls = count()

    def join(self, brand: str, *presented: Presented, **profile: Any) -> MemberId:
        """As a form of the brand does, now."""
        order = Enrolment(presented, Profile(**profile), brand)
        return self.enrolment.enrol(order, brand, self.now).view.member.id

    def ask(self, member: MemberId, identity: Identity, brand: str = "maru", key: str | None = None) -> Begun:
        """For a code, now."""
        command = verification_command(brand, key or f"call-{next(self._calls)}")
        return self.verifying.begin(Wanted(command, member, identity), self.caller(brand), self.now)

    def sent(self, member: MemberId, identity: Identity, brand: str = "maru") -> tuple[Verification, str]:
        """A verification, and the code that has come."""
        begun = self.ask(member, identity, brand).verification
        self.look(begun.id)
        return begun, self.code(self.letters()[-1])

    def say(self, verification: Verification, code: str, brand: str = "maru", at: datetime | None = None) -> Confirmed:
        member = verification.id.member
        return self.verifying.confirm(member, str(verification.id), code, self.caller(brand), at or self.now)

    def steps(self, call: Callable[[], T]) -> tuple[T, list[str]]:
        """What comes of ``call``, and what it reads and writes, by kind, in its order."""
        table, seen = self.shop.table, list[str]()
        get, commit = table.get, self.commit

        def noting(kind: type[Any], pk: str, sk: str) -> Any:
            seen.append(f"get {kind.__name__} {pk[:2]}")
            return get(kind, pk, sk)

        def committing(writes: Sequence[Write]) -> None:
            seen.extend(
                f"write {write.operation.key[0][:2]} {type(write.operation.value).__name__}" for write in writes
            )
            commit(writes)

        with patch.object(table, "get", noting), patch.object(self, "commit", committing):
            return call(), seen

    def letters(self) -> list[Parcel]:
        """What was handed over by email and SMS."""
        carriers = (self.carriers[channel] for channel in (MessageChannel.EMAIL, MessageChannel.SMS))
        return [parcel for carrier in carriers for parcel in carrier.handed]

    def held(self, member: MemberId, identity: Identity) -> HeldIdentity | None:
        return self.record(member).holding(identity)

    def _write(self, writes: Sequence[Write]) -> None:
        """As it is to be then: some tests come in between."""
        self.commit(writes)

    @staticmethod
    def code(letter: Parcel) -> str:
        if letter.message.sms is not None:
            return letter.message.sms.text
        assert letter.message.email is not None
        return letter.message.email.text.strip()

    @staticmethod
    def caller(brand: str) -> Caller:
        return Caller("key", brand, frozenset())
