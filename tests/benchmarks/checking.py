"""What it takes to check a programme's document, by its size: ten times the stores should take ten times as long."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from huitou.program.validation import read_document
from tests.builders import document, rule

FEW, MANY = 1_000, 10_000
STORES_OF_A_RULE = 50
ROUNDS = 30


@dataclass(frozen=True)
class Growth:
    """CPU seconds to check a document with `FEW` and one with `MANY` stores, all of them named by rules."""

    few: float
    many: float

    @property
    def multiple(self) -> float:
        return self.many / self.few


def measure() -> Growth:
    """The best of some rounds of each, in turn: what disturbs only ever adds."""
    texts = [_text(FEW), _text(MANY)]
    few, many = zip(*([_seconds(text) for text in texts] for _ in range(ROUNDS)), strict=True)
    return Growth(min(few), min(many))


def _text(count: int) -> str:
    stores = [{"id": f"s{n}", "brand": "maru", "name": f"Store {n}", "region": f"r{n % 30}"} for n in range(count)]
    names = [store["id"] for store in stores]
    shares = [names[first : first + STORES_OF_A_RULE] for first in range(0, count, STORES_OF_A_RULE)]
    rules = [rule(id=f"rule-{number}", when={"stores": share}) for number, share in enumerate(shares)]
    return json.dumps(document(stores=stores, earning=rules), separators=(",", ":"))


def _seconds(text: str) -> float:
    begun = time.process_time()
    read_document(text)
    return time.process_time() - begun
