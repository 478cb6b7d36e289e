"""Builds the Lambda layers as folders, without Docker.

Wheels for Lambda (arm64, Amazon Linux) can be installed from any machine, since nothing is compiled on the way. What
remains is bytecode: Lambda cannot write it, zipping resets the times that Python compares, and compiling on every cold
start is the slowest thing that a function does. So each layer ships bytecode that Python trusts unchecked, compiled by
an interpreter of the very minor version that will read it. Without such an interpreter the layer ships sources only.

A layer lies in a folder named by the hash of everything that goes into it, so building it again is free.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from infra.sources import ROOT, digest_of

# What the functions run on in AWS.
PYTHON_VERSION: Final = "3.13"

BUILD: Final = ROOT / "build" / "layers"

# Services whose API description the functions need; botocore brings four hundred, 25 MB of them.
AWS_SERVICES: Final = frozenset(
    {
        "dynamodb",
        "events",
        "pinpoint-sms-voice-v2",
        "s3",
        "secretsmanager",
        "sesv2",
        "sns",
        "sqs",
        "stepfunctions",
        "sts",
    }
)
DROPPED_FOLDERS: Final = frozenset({"__pycache__", "bin", "examples", "test", "tests"})
DROPPED_SUFFIXES: Final = frozenset({".pyi", ".pyc"})
# A part of aenum that only Python 2 can compile, and nothing else imports.
DROPPED_FILES: Final = frozenset({"_py2.py"})

NO_DATE: Final = (1980, 1, 1, 0, 0, 0)
READABLE: Final = 0o644
LEVEL: Final = 1
"""The best one packs for half a minute, to be uploaded and unpacked once: the file would be an eighth smaller."""

# The first four bytes of a .pyc name the bytecode version, the next four how it is validated (PEP 552).
UNCHECKED_HASH: Final = (0b01).to_bytes(4, "little")


class LayerBuildError(Exception):
    """A layer could not be built; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a layer will run: `platform` as uv names it (None: this machine) and Python's minor version."""

    platform: str | None
    python: str

    @property
    def label(self) -> str:
        return f"{self.platform or 'host'}-{self.python}"


LAMBDA: Final = Target("aarch64-manylinux_2_28", PYTHON_VERSION)
HOST: Final = Target(None, f"{sys.version_info.major}.{sys.version_info.minor}")


def build_package_layer(name: str, target: Target) -> Path:
    """The folder of the layer that holds our own package `layers/<name>/python`."""
    source = ROOT / "layers" / name / "python"
    files = sorted(_kept_files(source))

    def fill(python: Path) -> None:
        for file in files:
            destination = python / file.relative_to(source)
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, destination)

    return _built(name, target, files, fill)


def build_dependency_layer(name: str, target: Target) -> Path:
    """The folder of the layer that holds the third-party packages of `layers/dependencies/<name>.txt`."""
    requirements = ROOT / "layers" / "dependencies" / f"{name}.txt"

    def fill(python: Path) -> None:
        _install(requirements, target, python)
        _strip(python)

    return _built(f"dependencies-{name}", target, [requirements], fill)


def packed(layer: Path) -> Path:
    """The layer as one file, packed once: CDK would read, copy and pack a folder anew for each deployment.

    It has no dates, so that a layer which is built again is the same file, and nothing is deployed that did not change.
    """
    archive = layer.with_name(f"{layer.name}.zip")
    if not archive.exists():
        scratch = layer.with_name(f".{layer.name}-{os.getpid()}.zip")
        with ZipFile(scratch, "w") as file:
            for path in sorted(path for path in layer.rglob("*") if path.is_file()):
                entry = ZipInfo(path.relative_to(layer).as_posix(), NO_DATE)
                entry.external_attr = READABLE << 16
                file.writestr(entry, path.read_bytes(), ZIP_DEFLATED, LEVEL)
        scratch.replace(archive)
    return archive


def _built(name: str, target: Target, inputs: list[Path], fill: Callable[[Path], None]) -> Path:
    interpreter = find_interpreter(target.python)
    form = target.label if interpreter else f"{target.label}-uncompiled"
    folder = BUILD / f"{name}-{form}-{digest_of([Path(__file__), *inputs])}"
    if folder.is_dir():
        return folder
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix=f".{name}-") as scratch:
        python = Path(scratch) / "layer" / "python"
        python.mkdir(parents=True)
        fill(python)
        if interpreter is None:
            print(
                f"huitou: no Python {target.python} on this machine, so layer {name} ships without bytecode: "
                "it works, but every cold start compiles it anew. Install that Python and build again.",
                file=sys.stderr,
            )
        else:
            compile_bytecode(python, interpreter)
        _publish(python.parent, folder)
    return folder


def _publish(built: Path, folder: Path) -> None:
    """Move into place at once; whoever builds the same layer at the same time may have been first."""
    try:
        built.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _install(requirements: Path, target: Target, into: Path) -> None:
    where = (
        ["--python", sys.executable]
        if target.platform is None
        else ["--python-platform", target.platform, "--python-version", target.python]
    )
    command = [
        _uv(),
        "pip",
        "install",
        "--quiet",
        "--system-certs",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
    ]
    done = subprocess.run(
        [*command, *where, "--target", str(into), "--requirement", str(requirements)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LayerBuildError(f"could not install {requirements.name} for {target.label}:\n{done.stderr}")


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise LayerBuildError("uv is missing: run `make .venv`, which installs it")
    return found


def _strip(python: Path) -> None:
    """Remove what a function never reads: caches, tests, type stubs, scripts, other services' API descriptions."""
    for folder in [path for path in python.rglob("*") if path.is_dir() and path.name in DROPPED_FOLDERS]:
        shutil.rmtree(folder, ignore_errors=True)
    for file in [path for path in python.rglob("*") if path.suffix in DROPPED_SUFFIXES or path.name in DROPPED_FILES]:
        file.unlink()
    for library in ("boto3", "botocore"):
        for service in (python / library / "data").glob("*/"):
            if service.name not in AWS_SERVICES:
                shutil.rmtree(service)


def compile_bytecode(python: Path, interpreter: Path) -> None:
    """Compile every module below `python` as Lambda will see it, and check that the interpreter will accept it."""
    done = subprocess.run(
        # Tracebacks name the place in Lambda, and the bytecode does not depend on where it was compiled.
        [
            *(interpreter, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(python), "-p", "/opt/python", str(python)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LayerBuildError(f"this does not compile:\n{done.stdout}{done.stderr}")
    check_bytecode(python, interpreter)


def check_bytecode(python: Path, interpreter: Path) -> None:
    """Every source has bytecode of the interpreter's version, trusted unchecked; LayerBuildError otherwise."""
    tag, magic = _bytecode_of(interpreter)
    for source in python.rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
        header = compiled.read_bytes()[:8] if compiled.exists() else b""
        if header != magic + UNCHECKED_HASH:
            raise LayerBuildError(f"{source.relative_to(python)} has no unchecked bytecode for {tag}")


def find_interpreter(version: str) -> Path | None:
    """A Python of this minor version that runs (a version manager's shim may not), or None."""
    if version == HOST.python:
        return Path(sys.executable)
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = [Path(folder) / name for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    candidates = [*on_path, *sorted(pyenv.glob(f"{version}*/bin/{name}"))]
    return next((path for path in candidates if _runs(path, version)), None)


def _runs(candidate: Path, version: str) -> bool:
    if not candidate.exists():
        return False
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([candidate, "-c", ask], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == version


def _bytecode_of(interpreter: Path) -> tuple[str, bytes]:
    ask = "import sys, importlib.util as u; print(sys.implementation.cache_tag, u.MAGIC_NUMBER.hex())"
    tag, magic = subprocess.run([interpreter, "-c", ask], capture_output=True, text=True, check=True).stdout.split()
    return tag, bytes.fromhex(magic)


def _kept_files(source: Path) -> Iterator[Path]:
    for path in source.rglob("*"):
        parts = path.relative_to(source).parts
        hidden = any(part.startswith(".") for part in parts)
        if path.is_file() and path.suffix not in DROPPED_SUFFIXES and not hidden and not DROPPED_FOLDERS & set(parts):
            yield path
