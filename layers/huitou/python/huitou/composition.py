"""What the functions that change a member's points begin with, and count when they are done.

Only composition roots import it: everything here is built from settings, and reaches AWS when it is used.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

from huitou.members.directory import MemberDirectory
from huitou.members.identity import IdentityHasher
from huitou.members.store import TableMembers
from huitou.platform.http import App
from huitou.platform.secrets import Secret
from huitou.platform.settings import IdentitySecret, MembersTable, ProgramTable, Settings
from huitou.platform.table import Table
from huitou.points.figures import points_booked
from huitou.points.wallet import Entry
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions


class MemberSettings(Settings):
    """What such a function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    identity_secret: IdentitySecret


class Ground(NamedTuple):
    """What every such function stands on."""

    members: Table
    program: Table
    programs: ProgramReader
    """Reads ``program``."""
    directory: MemberDirectory
    """Finds whom a request means."""


def ground(settings: MemberSettings) -> Ground:
    """Once for each start of a function."""
    members = Table(settings.members_table, settings.region, settings.endpoint)
    program = Table(settings.program_table, settings.region, settings.endpoint)
    secret = Secret(settings.identity_secret, settings.region, settings.endpoint)
    directory = MemberDirectory(TableMembers(members), IdentityHasher(secret.text))
    return Ground(members, program, ProgramReader(TableVersions(program), time.monotonic), directory)


def count_points(app: App, booked: Iterable[Entry], programs: ProgramReader) -> None:
    """M12: a metric for what was booked."""
    for name, points in points_booked(booked, programs.active().home_currency).items():
        app.observer.count(name, points)
