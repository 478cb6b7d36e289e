"""What a member says by a link is recorded as consent, by the use case that records it everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from huitou.kernel.channels import MessageChannel
from huitou.kernel.errors import NotFoundError
from huitou.kernel.ids import MemberId
from huitou.members.agreement import agreed
from huitou.members.consents import Consents, Word
from huitou.members.model import Consent, ConsentKey
from huitou.members.ports import Profiles
from huitou.points.membership import MemberErasedError, MemberNotFoundError
from huitou.points.reaching import for_survivor
from huitou.program.model import GROUP, BrandId, Program
from huitou.program.ports import Programs
from huitou.program.speech import Speech
from huitou.unsubscribing.links import Link
from huitou.unsubscribing.model import Reply, Situation, Stopped

SOURCE: Final = "unsubscribe_link"
"""Of the consents."""

T = TypeVar("T")


class UnknownLinkError(NotFoundError):
    """Nobody was sent this link: it is damaged or made up, or its key is gone. Which of these is not told."""

    code = "unknown_link"
    title = "This link does not work"


class Unsubscriptions:
    """The use cases. ``read`` makes of a token what it means; ``speech`` says who speaks, of a programme."""

    def __init__(
        self,
        *,
        read: Callable[[str], Link | None],
        consents: Consents,
        profiles: Profiles,
        programs: Programs,
        speech: Callable[[Program], Speech],
    ) -> None:
        self._read = read
        self._consents = consents
        self._profiles = profiles
        self._programs = programs
        self._speech = speech

    def look(self, token: str) -> tuple[Link, Situation]:
        """How things stand; nothing is changed. Raises `UnknownLinkError`."""
        link = self._link(token)
        return link, self._with_survivor(link, lambda member: self._situation(link, member)) or self._farewell(link)

    def reply(self, token: str, reply: Reply, now: datetime) -> tuple[Link, Situation]:
        """Records what the member says, and answers how things stand then. Saying it again changes nothing.

        What was erased stays so, and is answered as what was stopped (E25). Raises `UnknownLinkError`, and
        `ContentionError` where the same member was changed too often at once.
        """
        link = self._link(token)

        def said(member: MemberId) -> Situation:
            for key, word in self._words(link, member, reply):
                self._consents.answer(member, key, word, now)
            return self._situation(link, member)

        return link, self._with_survivor(link, said) or self._farewell(link)

    def _link(self, token: str) -> Link:
        link = self._read(token)
        if link is None:
            raise UnknownLinkError("Nobody was sent this link.")
        return link

    def _with_survivor(self, link: Link, use: Callable[[MemberId], T]) -> T | None:
        """What ``use`` makes of the member, or of whoever they were merged into (E15); None: of nobody any more."""
        try:
            return for_survivor(lambda way: use(way[-1]), link.member)
        except (MemberErasedError, MemberNotFoundError):
            return None

    def _words(self, link: Link, member: MemberId, reply: Reply) -> list[tuple[ConsentKey, Word]]:
        """What is to be recorded. Only what a link has said can a link take back: a no at a till stands."""
        in_force = self._consents.in_force(member, GROUP)
        if reply is Reply.RESUME:
            return [(link.consent, Word(True, SOURCE))] if _can_resume(link, in_force) else []
        keys, brand = {link.consent}, link.consent.brand
        if reply is Reply.STOP_ALL:
            granted = {key for key, each in in_force.items() if each.granted and _reaches(brand, key)}
            keys |= {link.consent._replace(channel=channel) for channel in MessageChannel}
            keys |= {key._replace(brand=brand) for key in granted}
        return [(key, Word(False, SOURCE)) for key in sorted(keys)]

    def _situation(self, link: Link, member: MemberId) -> Situation:
        in_force = self._consents.in_force(member, GROUP)
        found = self._profiles.load(member)
        return Situation(
            **self._spoken(link),
            stopped=_stopped(link, in_force),
            can_resume=_can_resume(link, in_force),
            language=found.profile.language if found else None,
        )

    def _farewell(self, link: Link) -> Situation:
        """Nothing is known of the member any more, so nobody writes to them."""
        return Situation(**self._spoken(link), stopped=Stopped.ALL)

    def _spoken(self, link: Link) -> dict[str, Any]:
        brand = link.consent.brand
        catalogue = self._speech(self._programs.active()).catalogue
        return {"speaker": catalogue.speaker(None if brand == GROUP else brand), "channel": link.consent.channel}


def _can_resume(link: Link, in_force: Mapping[ConsentKey, Consent]) -> bool:
    """Whether the no was said by a link, and none to the group, which is one to all, stands beside it."""
    own, whole = in_force.get(link.consent), in_force.get(link.consent._replace(brand=GROUP))
    is_ours = own is not None and not own.granted and own.source == SOURCE
    return is_ours and (whole is own or whole is None or whole.granted)


def _reaches(brand: BrandId, key: ConsentKey) -> bool:
    """Whether what was said to one may let the other write: the group speaks to all brands, and by them."""
    return key.brand == brand or GROUP in (key.brand, brand)


def _stopped(link: Link, in_force: Mapping[ConsentKey, Consent]) -> Stopped:
    """By an explicit no, to the brand or to the group; who was never asked has stopped nothing."""

    def is_stopped(key: ConsentKey) -> bool:
        was_asked = key in in_force or key._replace(brand=GROUP) in in_force
        return was_asked and not agreed(in_force, key)

    if not is_stopped(link.consent):
        return Stopped.NOTHING
    everywhere = all(is_stopped(link.consent._replace(channel=channel)) for channel in MessageChannel)
    brand = link.consent.brand
    left = any(agreed(in_force, key if brand == GROUP else key._replace(brand=brand)) for key in in_force)
    return Stopped.ALL if everywhere and not left else Stopped.CHANNEL
