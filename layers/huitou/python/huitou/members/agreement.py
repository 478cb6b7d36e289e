"""Whether a member agreed, by what they said to a brand and to the group (M3, M22). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from huitou.members.model import Consent, ConsentKey
from huitou.program.model import GROUP


def agreed(consents: Mapping[ConsentKey, Consent], key: ConsentKey) -> bool:
    """Whether they said yes to the brand, or to the group for all brands; a later no to the group is one to all.

    A brand's own no stays, whatever is said to the group: it was said of this brand.
    """
    own, whole = consents.get(key), consents.get(key._replace(brand=GROUP))
    if own is None:
        return whole is not None and whole.granted
    return own.granted and (whole is None or whole.granted or whole.confirmed_at < own.confirmed_at)
