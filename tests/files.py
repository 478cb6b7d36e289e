"""The project's files that tests read."""

from cli.program_file import SAMPLE, read_program_file
from huitou.program.model import Program
from infra.sources import ROOT
from tests.builders import program

EVENTS = ROOT / "events"


def sample_program() -> Program:
    """As it is published first."""
    return program(read_program_file(SAMPLE).document)
