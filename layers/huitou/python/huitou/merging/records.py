"""What becomes of the records of two members who are merged, and parted again (E15). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from huitou.members.decisions import TooManyError, fill
from huitou.members.model import MOST_BYTES, PROFILE_FIELDS, Consent, ConsentKey, Member
from huitou.program.model import GROUP
from huitou.standing.model import Record
from huitou.standing.sheet import EMPTY


def united(mine: Member, theirs: Member) -> Member:
    """The survivor's record: their own words first, the other's where they said nothing.

    Raises `TooManyError` where that is more than a record holds.
    """
    member = fill(mine, theirs.profile, GROUP)
    filled = member.set_by.keys() - mine.set_by.keys()
    identities = [held for held in theirs.identities if mine.holding(held.identity) is None]
    member = replace(
        member,
        version=mine.version + 1,
        set_by={**member.set_by, **{name: theirs.set_by.get(name, GROUP) for name in filled}},
        identities=(*mine.identities, *identities),
        tags={**theirs.tags, **mine.tags},
        consents=stricter(mine.consents, theirs.consents),
    )
    if member.weight > MOST_BYTES:
        raise TooManyError("The two records do not fit into one; take something away first.")
    return member


def stricter(mine: Mapping[ConsentKey, Consent], theirs: Mapping[ConsentKey, Consent]) -> Mapping[ConsentKey, Consent]:
    """Of two words about one thing the no; silence is no word."""
    refused = {key: consent for key, consent in theirs.items() if not consent.granted}
    kept = {key: consent for key, consent in mine.items() if not consent.granted or key not in refused}
    return {**{key: consent for key, consent in theirs.items() if key not in kept}, **kept}


def parted(member: Member, before: Member, theirs: Member) -> Member:
    """The survivor's record without what came with the other; ``before`` is how it was. Later changes stay."""
    came = united(before, theirs)
    profile, set_by = member.profile, dict(member.set_by)
    for name in PROFILE_FIELDS:
        own, brought = getattr(before.profile, name), getattr(theirs.profile, name)
        if own is None and brought is not None and getattr(profile, name) == brought:
            profile = replace(profile, **{name: None})
            set_by.pop(name, None)
    return replace(
        member,
        version=member.version + 1,
        profile=profile,
        set_by=set_by,
        identities=tuple(
            held for held in member.identities if before.holding(held.identity) or theirs.holding(held.identity) is None
        ),
        tags={tag: at for tag, at in member.tags.items() if tag in before.tags or tag not in theirs.tags},
        consents={
            key: consent
            for key, now in member.consents.items()
            if (consent := before.consents.get(key) if now == came.consents.get(key) else now) is not None
        },
    )


def without_facts(record: Record, theirs: Record) -> Record:
    """The record without the facts of another, each as often as it is there."""
    gone = Counter(theirs.facts)
    kept = []
    for fact in record.facts:
        if gone[fact]:
            gone[fact] -= 1
        else:
            kept.append(fact)
    return replace(record, facts=EMPTY.plus(kept))
