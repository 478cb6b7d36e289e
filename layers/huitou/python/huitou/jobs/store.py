"""Jobs in the program table. An item's attributes are named like the fields of the job, or of the part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Generic, TypeVar

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from huitou.jobs.model import Job, JobStatus, Part
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.pages import all_items
from huitou.platform import keys, program_keys
from huitou.platform.attributes import ChoiceAttribute, CountsAttribute, InstantAttribute, IntegerAttribute
from huitou.platform.table import Item, Table

J = TypeVar("J", bound=Job)


class JobItem(Item):
    """What all kinds have; each adds what it is asked."""

    created_at = InstantAttribute()
    status = ChoiceAttribute(JobStatus)
    finished_at = InstantAttribute(null=True)


class ProgressItem(Item):
    """How far a part has come."""

    members = IntegerAttribute()
    done = IntegerAttribute()
    failed = IntegerAttribute()
    found = CountsAttribute()
    after = UnicodeAttribute(null=True)
    finished = BooleanAttribute()


class TableJobs(Generic[J]):
    """`JobStore` in DynamoDB."""

    def __init__(self, table: Table, kind: type[J], item: type[JobItem], key: Callable[[Digest], keys.Key]) -> None:
        self._table = table
        self._read: Callable[..., J] = kind
        self._item = item
        self._key = key
        self._fields = [field.name for field in fields(kind) if field.name != "id"]

    def find(self, job_id: Digest) -> J | None:
        item = self._table.get(self._item, *self._key(job_id))
        return self._read(id=job_id, **{name: getattr(item, name) for name in self._fields}) if item else None

    def add(self, job: J) -> Write:
        refused = StaleReadError("The key was used meanwhile.")
        return self._table.put(self._item_of(job), condition=self._item.pk.does_not_exist(), refused=refused)

    def finish(self, job: J) -> Write:
        still = self._item.status == JobStatus.RUNNING
        return self._table.put(self._item_of(job), condition=still, refused=StaleReadError("It has ended meanwhile."))

    def _item_of(self, job: J) -> JobItem:
        return self._item(*self._key(job.id), **{name: getattr(job, name) for name in self._fields})


class TablePartedJobs(TableJobs[J]):
    """`PartedStore` in DynamoDB."""

    def part(self, job_id: Digest, number: int) -> Part | None:
        item = self._table.get(ProgressItem, *self._part_key(job_id, number))
        return _part(item) if item else None

    def save_part(self, job_id: Digest, part: Part) -> Write:
        said: dict[str, Any] = part._asdict()
        item = ProgressItem(*self._part_key(job_id, said.pop("number")), **said)
        ahead = (ProgressItem.finished == False) & (ProgressItem.done <= part.done)  # noqa: E712 - DynamoDB compares
        refused = StaleReadError("Another worker is further with the same part.")
        return self._table.put(item, condition=ProgressItem.pk.does_not_exist() | ahead, refused=refused)

    def parts(self, job_id: Digest) -> Sequence[Part]:
        pk, _ = self._key(job_id)
        items = all_items(lambda after: self._table.query(ProgressItem, pk, prefix=keys.PART_PREFIX, after=after))
        return [_part(item) for item in items]

    def _part_key(self, job_id: Digest, number: int) -> keys.Key:
        return program_keys.job_part(self._key(job_id), number)


def _part(item: ProgressItem) -> Part:
    said = {name: getattr(item, name) for name in Part._fields if name != "number"}
    return Part(keys.parse_part(item.sk), **said)
