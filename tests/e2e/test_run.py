"""What a newcomer does first: `huitou run`, the lines that it prints, and after a pause `huitou run` again."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import local_stack
from tests.contract.targets import free_port
from tests.e2e.shell import huitou

pytestmark = [
    pytest.mark.skipif(shutil.which("curl") is None, reason="the printed lines need curl"),
    pytest.mark.xdist_group("newcomer"),
]

HOUSEHOLDS = "1"


class Newcomer:
    """Somebody at a shell, with a local platform of their own in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._settings = {"HUITOU_LOCAL": str(folder), "HUITOU_PORT": str(free_port())}

    def run(self) -> list[str]:
        """`huitou run`; answers with the lines for a shell that it prints."""
        told = self.huitou("run", "--members", HOUSEHOLDS)
        return [line for line in told.splitlines() if line.startswith("curl ")]

    def sees(self, printed: list[str]) -> list[Any]:
        """Household 1, its points and entries, and the programme."""
        lookup, wallet, _, story = printed
        points = self.shell(wallet)
        del points["at"]
        return [self.shell(lookup), points, self.shell(story), self.huitou("call", "GET", "/v1/program")]

    def huitou(self, *command: str) -> str:
        return huitou(self._settings, *command)

    def shell(self, line: str) -> Any:
        """What a printed line answers, typed as it stands."""
        done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    someone = Newcomer(tmp_path_factory.mktemp("newcomer"))
    yield someone
    local_stack.stop(someone.folder)


@pytest.fixture(scope="module")
def printed(newcomer: Newcomer) -> list[str]:
    """The lines that the first run prints."""
    return newcomer.run()


def test_the_printed_lines_work_as_they_are(newcomer: Newcomer, printed: list[str]) -> None:
    """M36: real purchases are there, one more is made, and the points say why."""
    found, wallet, sale, story = [newcomer.shell(line) for line in printed]
    assert int(wallet["spendable"]) > 0
    assert wallet["member_id"] == found["member_id"] == sale["member_id"]
    assert sale["replayed"] is False
    assert sale["entries"][0]["explanation"]
    newest = story["items"][0]
    assert (newest["type"], newest["cause"]) == ("earn", {"type": "purchase", "id": sale["purchase_id"]})


def test_everything_is_there_again_after_a_pause(newcomer: Newcomer, printed: list[str]) -> None:
    """The same key, member, points and programme on the same address; running again imports nothing twice."""
    before = newcomer.sees(printed)

    newcomer.huitou("local", "stop")
    assert local_stack.running(newcomer.folder) is None
    again = newcomer.run()

    assert [line for line in again if "receipt" not in line] == [line for line in printed if "receipt" not in line]
    assert newcomer.sees(again) == before
