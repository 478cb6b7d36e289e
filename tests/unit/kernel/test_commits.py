"""E14, E18: deciding again until nobody was faster, and doing once what must happen once."""

from __future__ import annotations

import pytest

from huitou.kernel.commits import ATTEMPTS, StaleReadError, Write, once, until_committed
from huitou.kernel.content import require_same
from huitou.kernel.errors import (
    ConflictError,
    ContentionError,
    ContentReusedError,
    DomainError,
    FieldError,
    UnavailableError,
)
from huitou.points.membership import MemberNotFoundError


class Attempts:
    """Fails with each of ``failures`` in turn, then succeeds."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def nobody_waits(_: int) -> None:
    """Tests do not wait."""


def test_an_overtaken_decision_is_made_again() -> None:
    """E18."""
    waited: list[int] = []

    assert until_committed(Attempts(StaleReadError(""), StaleReadError("")), waited.append) == "done"
    assert waited == [1, 2]


def test_who_is_always_overtaken_gives_up() -> None:
    """E18: 409 or 429 in the end, and nothing changed."""
    attempts = Attempts(*[StaleReadError("")] * ATTEMPTS)

    with pytest.raises(ContentionError):
        until_committed(attempts, nobody_waits)
    assert attempts.made == ATTEMPTS


def test_another_failure_is_not_repeated() -> None:
    attempts = Attempts(UnavailableError(""))

    with pytest.raises(UnavailableError):
        until_committed(attempts, nobody_waits)
    assert attempts.made == 1


@pytest.mark.parametrize("failure", [StaleReadError(""), ConflictError(""), UnavailableError("")])
def test_what_was_done_before_is_answered_again_where_the_repeat_fails(failure: Exception) -> None:
    """E14: the refusal may come from what the first delivery did itself."""
    assert once(Attempts(failure), lambda: "done before", nobody_waits) == "done before"


def test_what_was_not_done_before_is_refused_or_decided_again() -> None:
    """E14."""
    assert once(Attempts(StaleReadError("")), lambda: None, nobody_waits) == "done"
    with pytest.raises(ConflictError):
        once(Attempts(ConflictError("")), lambda: None, nobody_waits)


def test_other_content_is_named_field_by_field() -> None:
    """E14: 409 naming what differs, and of a list nothing but that."""
    with pytest.raises(ContentReusedError) as refused:
        require_same(
            {"points": 5, "lines": ["tea", "bread", "tea"], "a": None},
            {"points": 6, "lines": ["cake", "tea", "bread"], "a": None, "b": "x"},
            "redemption",
        )

    assert {error.pointer: error.message for error in refused.value.errors} == {
        "/points": "was 5, is now 6",
        "/lines": 'was ["tea"], is now ["cake"]',
        "/b": 'was absent, is now "x"',
    }


@pytest.mark.parametrize(
    "refused",
    [ConflictError("taken", errors=[FieldError("/name", "It is taken.")], extra={"by": "mei"}), MemberNotFoundError()],
    ids=["a refusal", "one whose words are its own"],
)
def test_a_refusal_says_what_the_write_says_and_is_another(refused: DomainError) -> None:
    raised = Write(None, refused).refusal()
    assert raised is not refused
    assert isinstance(raised, type(refused))
    assert (raised.args, vars(raised)) == (refused.args, vars(refused))
