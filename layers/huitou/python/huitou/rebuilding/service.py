"""What callers do with rebuilds: ask for one, look at it."""

from __future__ import annotations

from datetime import datetime

from huitou.access.model import Caller
from huitou.jobs.service import PartedJobs, Underway
from huitou.kernel.ids import Digest, digest_of
from huitou.members.parts import chunks_of
from huitou.program.model import GROUP
from huitou.program.ports import VersionStore
from huitou.program.service import NoProgramError
from huitou.rebuilding.model import Rebuild, RebuildCause


class Rebuilds:
    """The use cases. Callers' are the group's: a rebuild goes over the members of every brand (E31)."""

    def __init__(self, *, jobs: PartedJobs[Rebuild], versions: VersionStore, shards: int) -> None:
        self._jobs = jobs
        self._versions = versions
        self._shards = shards

    def create(self, key: str, client_reference: str | None, caller: Caller, now: datetime) -> Underway[Rebuild]:
        """A rebuild that is running; the same ``key`` again is the same one. Raises `ForeignBrandError`."""
        caller.acts_for(GROUP)
        active = self._versions.active()
        if active is None:
            raise NoProgramError("There is nothing to look at members under: publish a programme first.")
        rebuild_id = digest_of(("rebuild", GROUP, key))
        return self._once(
            Rebuild(rebuild_id, RebuildCause.ASKED, active.number, self._shards, now, client_reference),
        )

    def follow(self, version: int, now: datetime) -> Underway[Rebuild]:
        """The one rebuild that a publication of this version starts, however often it is asked (E14)."""
        rebuild_id = digest_of(("rebuild", "published", str(version)))
        return self._once(Rebuild(rebuild_id, RebuildCause.PUBLISHED, version, self._shards, now))

    def follow_insights(self, version: int, program: int, now: datetime) -> Underway[Rebuild]:
        """The one rebuild that this version of what is known of all starts, under ``program``; again, finds it."""
        rebuild_id = digest_of(("rebuild", "measured", str(version)))
        return self._once(Rebuild(rebuild_id, RebuildCause.MEASURED, program, self._shards, now))

    def get(self, rebuild_id: Digest, caller: Caller) -> Underway[Rebuild]:
        """One whose execution died is shown as failed. Raises `ForeignBrandError`, `RebuildNotFoundError`."""
        caller.acts_for(GROUP)
        return self._jobs.look(rebuild_id)

    def _once(self, planned: Rebuild) -> Underway[Rebuild]:
        """Whatever it is asked with, it looks at everybody."""
        return self._jobs.ask(planned.id, lambda: (planned, chunks_of(planned.parts)), lambda _: None)
