"""The names by which a person is recognised, each in exactly one written form (M1).

The idea: two people at two tills write one phone number in two ways and mean one member. So each kind of
identity has a **normal form**; only normal forms are compared. Bringing a normal form into normal form changes
nothing. What is looked up is not the identity but its keyed digest (E25): whoever reads the table's keys, or
the ids in the API, learns no phone number.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from huitou.kernel.errors import InvalidError
from huitou.kernel.ids import Digest

DEFAULT_REGION = "TW"
"""Where a phone number without country code is at home, unless the request says otherwise."""

LONGEST_NAME = 128
LONGEST_EMAIL = 254
_EMAIL = re.compile(r"""[^@\s<>(),;:"\[\]\\]+@[^@\s.<>(),;:"\[\]\\]+(\.[^@\s.<>(),;:"\[\]\\]+)+""")
"""One address alone: the marks that are left out are those by which a header tells several, or a name, apart."""
_SCOPE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class IdentityKind(StrEnum):
    """What an identity is. `Identity.scope` says within what it is unique."""

    PHONE = "phone"
    EMAIL = "email"
    LINE = "line"
    CARD = "card"
    APP = "app"
    EXTERNAL = "external"


class InvalidIdentityError(InvalidError):
    """What was given cannot be an identity of its kind."""

    code = "invalid_identity"
    title = "The identity is not valid"


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity in normal form; build it with the functions of this module only.

    ``scope`` is the LINE provider, the app's brand or the partner; empty where the value is unique by itself.
    """

    kind: IdentityKind
    value: str
    scope: str = ""


class IdentityKey(NamedTuple):
    """Where an identity is looked up. As text (``phone-K7…``) it is the identity's id in the API."""

    kind: str
    digest: Digest

    def __str__(self) -> str:
        return f"{self.kind}-{self.digest}"


class IdentityHasher:
    """Turns identities into keys under a secret. Another secret gives other keys: it can never be changed (E25).

    ``secret`` is asked for at each use, so that nothing fetches it before it is needed.
    """

    def __init__(self, secret: Callable[[], str]) -> None:
        self._secret = secret

    def key(self, identity: Identity) -> IdentityKey:
        """130 bits of HMAC-SHA256; kind, scope and value cannot run into each other."""
        parts = (identity.kind, identity.scope, identity.value)
        message = "".join(f"{len(part)}:{part}" for part in parts).encode()
        digest = b32encode(hmac.digest(self._secret().encode(), message, sha256))[:26].decode()
        return IdentityKey(identity.kind, Digest(digest))


def phone_identity(text: str, region: str = DEFAULT_REGION) -> Identity:
    """A phone number; see `normal_phone`."""
    return Identity(IdentityKind.PHONE, normal_phone(text, region))


def email_identity(text: str) -> Identity:
    """A mailbox, the whole of it in lower case: people's keyboards begin with a capital letter, and no mail
    service of note gives ``Ann@`` and ``ann@`` to two people. Dots and ``+tags`` are the service's own affair.
    """
    return Identity(IdentityKind.EMAIL, normal_email(text).lower())


def line_identity(provider: str, user_id: str) -> Identity:
    """A LINE user: one person has another user id with each LINE provider."""
    return Identity(IdentityKind.LINE, _name(user_id, "LINE user id"), _scope(provider, "LINE provider"))


def card_identity(number: str) -> Identity:
    """A member card: blanks and hyphens are for the eye, letters are capitals."""
    return Identity(IdentityKind.CARD, _name(re.sub(r"[\s-]", "", _folded(number)).upper(), "card number"))


def app_identity(brand: str, user_id: str) -> Identity:
    """A user of a brand's own app."""
    return Identity(IdentityKind.APP, _name(user_id, "app user id"), _scope(brand, "brand"))


def external_identity(partner: str, external_id: str) -> Identity:
    """Somebody as a partner knows them: a delivery platform, a booking service."""
    return Identity(IdentityKind.EXTERNAL, _name(external_id, "external id"), _scope(partner, "partner"))


def normal_phone(text: str, region: str = DEFAULT_REGION) -> str:
    """E.164: ``normal_phone("0912-345-678") == "+886912345678"``. Raises `InvalidIdentityError`.

    A number without country code is read as dialled in ``region`` (ISO 3166, two letters). Numbers that no
    numbering plan has given out, and extensions, are refused: a mistyped number would be somebody else.
    """
    # The library costs more to import than the rest of the request; only those who give a phone number pay.
    import phonenumbers  # noqa: PLC0415

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise InvalidIdentityError("This is not a phone number.") from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise InvalidIdentityError("This is not a phone number that can exist.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_landline(phone: str) -> bool:
    """Whether its country's plan has given ``phone`` (E.164) to landlines alone; not where these share numbers with
    mobile phones.
    """
    import phonenumbers  # noqa: PLC0415 - as above

    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE


def normal_email(text: str) -> str:
    """Unicode's compatibility form, the domain in lower-case ASCII. Raises `InvalidIdentityError`."""
    folded = _folded(text)
    if len(folded) > LONGEST_EMAIL or not folded.isprintable() or not _EMAIL.fullmatch(folded):
        raise InvalidIdentityError("This is not an email address.")
    local, domain = folded.split("@")
    return f"{local}@{_normal_domain(domain)}"


def _normal_domain(domain: str) -> str:
    try:
        return domain.lower().encode("idna").decode()
    except UnicodeError as error:
        raise InvalidIdentityError("This is not an email address: no domain is called so.") from error


def _folded(text: str) -> str:
    """One spelling for what looks the same: full-width ``Ａ`` is ``A``; accents are composed; no blank around."""
    return unicodedata.normalize("NFKC", text).strip()


def _name(text: str, what: str) -> str:
    """An id that others gave: kept as it is, but for blanks around it and the way accents are composed."""
    name = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidIdentityError(f"A {what} has 1 to {LONGEST_NAME} printable characters.")
    return name


def _scope(text: str, what: str) -> str:
    scope = text.strip().lower()
    if not _SCOPE.fullmatch(scope):
        raise InvalidIdentityError(f"A {what} is written in letters, digits, - and _.")
    return scope
