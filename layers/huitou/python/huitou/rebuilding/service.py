"""What callers do with rebuilds: ask for one, look at it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from huitou.access.model import Caller
from huitou.kernel.commits import Commit, once
from huitou.kernel.ids import Digest, digest_of
from huitou.kernel.jobs import Files, JobStates, JobStatus, as_seen
from huitou.program.model import GROUP
from huitou.program.ports import VersionStore
from huitou.program.service import NoProgramError
from huitou.rebuilding.errors import RebuildNotFoundError
from huitou.rebuilding.model import Part, Rebuild, RebuildCause
from huitou.rebuilding.ports import RebuildStore


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A rebuild as it stands, with the parts that have begun. ``replayed``: it had been asked for before."""

    rebuild: Rebuild
    parts: Sequence[Part] = ()
    replayed: bool = False


class Rebuilds:
    """The use cases. Callers' are the group's: a rebuild goes over the members of every brand (E31)."""

    def __init__(
        self,
        *,
        rebuilds: RebuildStore,
        versions: VersionStore,
        files: Files,
        states: JobStates,
        shards: int,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._rebuilds = rebuilds
        self._versions = versions
        self._files = files
        self._states = states
        self._shards = shards
        self._commit = commit
        self._pause = pause

    def create(self, key: str, client_reference: str | None, caller: Caller, now: datetime) -> Rebuilt:
        """A rebuild that is running; the same ``key`` again is the same one. Raises `ForeignBrandError`."""
        caller.acts_for(GROUP)
        active = self._versions.active()
        if active is None:
            raise NoProgramError("There is nothing to look at members under: publish a programme first.")
        rebuild_id = digest_of(("rebuild", GROUP, key))
        return self._once(
            Rebuild(rebuild_id, RebuildCause.ASKED, active.number, self._shards, now, client_reference),
        )

    def follow(self, version: int, now: datetime) -> Rebuilt:
        """The one rebuild that a publication of this version starts, however often it is asked (E14)."""
        rebuild_id = digest_of(("rebuild", "published", str(version)))
        return self._once(Rebuild(rebuild_id, RebuildCause.PUBLISHED, version, self._shards, now))

    def follow_insights(self, version: int, program: int, now: datetime) -> Rebuilt:
        """The one rebuild that this version of what is known of all starts, under ``program``; again, finds it."""
        rebuild_id = digest_of(("rebuild", "measured", str(version)))
        return self._once(Rebuild(rebuild_id, RebuildCause.MEASURED, program, self._shards, now))

    def get(self, rebuild_id: Digest, caller: Caller) -> Rebuilt:
        """One whose execution died is shown as failed. Raises `ForeignBrandError`, `RebuildNotFoundError`."""
        caller.acts_for(GROUP)
        rebuild = as_seen(lambda: self._require(rebuild_id), self._states.ended_at)
        return Rebuilt(rebuild, self._rebuilds.parts(rebuild.id))

    def _once(self, planned: Rebuild) -> Rebuilt:
        def attempt() -> Rebuilt:
            self._commit([self._rebuilds.add(planned)])
            self._start(planned)
            return Rebuilt(planned)

        def recall() -> Rebuilt | None:
            known = self._rebuilds.find(planned.id)
            if known is None:
                return None
            if known.status is JobStatus.RUNNING:
                self._start(known)
            return Rebuilt(known, self._rebuilds.parts(known.id), replayed=True)

        return once(attempt, recall, self._pause)

    def _start(self, rebuild: Rebuild) -> None:
        """Doing it again is harmless."""
        chunks = [{"part": number} for number in range(rebuild.parts)]
        self._files.write(rebuild.manifest_key, json.dumps(chunks).encode())
        self._states.start(rebuild.id, rebuild.manifest_key)

    def _require(self, rebuild_id: Digest) -> Rebuild:
        rebuild = self._rebuilds.find(rebuild_id)
        if rebuild is None:
            raise RebuildNotFoundError("No such rebuild.")
        return rebuild
