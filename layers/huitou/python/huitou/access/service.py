"""Authorising a request; minting and revoking keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from huitou.access.keys import ID_BYTES, SECRET_BYTES, Credential, hash_secret, parse_authorization, proves
from huitou.access.model import PERMISSIONS, ApiKey, Caller
from huitou.access.ports import KeyStore
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Commit
from huitou.kernel.errors import InvalidError, NotFoundError
from huitou.program.model import BrandId


class UnknownPermissionError(InvalidError):
    """A key cannot carry a permission that does not exist."""

    code = "unknown_permission"
    title = "No such permission"


def authorize(keys: KeyStore, authorization: str) -> Caller | None:
    """The caller whom an ``Authorization`` header proves; None for an unknown, wrong or revoked key."""
    credential = parse_authorization(authorization)
    if credential is None:
        return None
    key = keys.key(credential.key_id)
    if key is None or not proves(credential.secret, key.secret_hash) or key.revoked_at is not None:
        return None
    return key.caller()


class KeyService:
    """Changes to keys, each with its line in the audit log. ``new_token(n)`` gives ``n`` random bytes as hex."""

    def __init__(self, keys: KeyStore, commit: Commit, new_token: Callable[[int], str]) -> None:
        self._keys = keys
        self._commit = commit
        self._new_token = new_token

    def mint(self, brand: BrandId, permissions: Iterable[str], label: str, actor: str, now: datetime) -> Credential:
        """Makes a key and returns it for the only time. Raises `UnknownPermissionError`."""
        wanted = frozenset(permissions)
        if unknown := sorted(wanted.difference(PERMISSIONS)):
            raise UnknownPermissionError(f"No such permission: {', '.join(unknown)}.")
        credential = Credential(self._new_token(ID_BYTES), self._new_token(SECRET_BYTES))
        key = ApiKey(credential.key_id, brand, wanted, hash_secret(credential.secret), label, now)
        self._commit([self._keys.add(key), self._keys.audit(AuditEntry(now, actor, "key_minted", key.id))])
        return credential

    def revoke(self, key_id: str, actor: str, now: datetime) -> ApiKey:
        """Ends a key: at once for whoever asks the table, within the gateway's cache (60 s) for its requests.

        Revoking again changes nothing. Raises `NotFoundError`.
        """
        key = self._keys.key(key_id)
        if key is None:
            raise NotFoundError(f"No key has the id {key_id!r}.")
        if key.revoked_at is not None:
            return key
        revoked = replace(key, revoked_at=now)
        audit = AuditEntry(now, actor, "key_revoked", key.id)
        self._commit([self._keys.replace(revoked, before=key), self._keys.audit(audit)])
        return revoked

    def all(self) -> Sequence[ApiKey]:
        """Every key, revoked ones too."""
        return self._keys.keys()
