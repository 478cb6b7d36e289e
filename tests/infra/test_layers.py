"""The layers hold what functions need and nothing that they do not, and Lambda will read their bytecode."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from huitou.channels.aws import Service
from infra.layer_builder import (
    AWS_SERVICES,
    HOST,
    LAMBDA,
    LayerBuildError,
    build_dependency_layer,
    build_package_layer,
    check_bytecode,
    compile_bytecode,
    find_interpreter,
    packed,
)
from infra.sources import ROOT
from tests.infra.conftest import MORE_LAYERS

LIMIT_MIB = 250  # of all layers and the function together, unpacked
HANDLERS = sorted(path.name for path in (ROOT / "functions").iterdir() if (path / "handler.py").exists())

ENVIRONMENT = {
    "AWS_REGION": "ap-northeast-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "HUITOU_MEMBERS_TABLE": "members",
    "HUITOU_PROGRAM_TABLE": "program",
    "HUITOU_IDENTITY_SECRET": "secret",
    "HUITOU_LINK_SECRET": "secret",
    "HUITOU_ADDRESS_SECRET": "secret",
    "HUITOU_CODE_SECRET": "secret",
    "HUITOU_DUE_QUEUE_URL": "http://127.0.0.1:9/queue",
    "HUITOU_MESSAGES_QUEUE_URL": "http://127.0.0.1:9/queue",
    "HUITOU_SERVICE_QUEUE_URL": "http://127.0.0.1:9/queue",
    "HUITOU_PUBLIC_URL": "https://m.huitou.example",
    "HUITOU_EMAIL_SERVICE": "ses",
    "HUITOU_SMS_SERVICE": "end_user_messaging",
    "HUITOU_LINE_SERVICE": "line",
    "HUITOU_LINE_SECRET": "line",
    "HUITOU_IMPORT_BUCKET": "imports",
    "HUITOU_IMPORT_STATE_MACHINE": "arn:aws:states:ap-northeast-1:000000000000:stateMachine:import",
    "HUITOU_ACCOUNT_STATE_MACHINE": "arn:aws:states:ap-northeast-1:000000000000:stateMachine:account",
    "HUITOU_INSIGHT_STATE_MACHINE": "arn:aws:states:ap-northeast-1:000000000000:stateMachine:insight",
    "HUITOU_SIMULATION_STATE_MACHINE": "arn:aws:states:ap-northeast-1:000000000000:stateMachine:simulation",
    "HUITOU_REBUILD_STATE_MACHINE": "arn:aws:states:ap-northeast-1:000000000000:stateMachine:rebuild",
    "HUITOU_COUNT_STATE_MACHINE": "arn:aws:states:ap-northeast-1:000000000000:stateMachine:count",
    "HUITOU_RESULT_STATE_MACHINE": "arn:aws:states:ap-northeast-1:000000000000:stateMachine:result",
    "HUITOU_EVENT_BUS": "huitou-local",
    "HUITOU_SET_ASIDE_BUCKET": "set-aside",
    "POWERTOOLS_METRICS_NAMESPACE": "Huitou",
}


@pytest.mark.parametrize("function", HANDLERS)
def test_a_function_starts_with_its_layers_and_nothing_else(function: str, tmp_path: Path) -> None:
    """What is missing in a layer would not be noticed on a machine where everything is installed."""
    layers = [build_package_layer("huitou", HOST) / "python"]
    layers += [build_dependency_layer(name, HOST) / "python" for name in ("lean", *MORE_LAYERS.get(function, ()))]
    folder = ROOT / "functions" / function
    paths = [str(folder), *map(str, layers)]
    program = f"import sys; sys.path[:0] = {paths!r}; import handler; assert callable(handler.handler)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("function", [name for name, layers in MORE_LAYERS.items() if "messaging" in layers])
def test_a_function_that_checks_programmes_can_check_templates(function: str) -> None:
    """M24: their packages are loaded when there are templates to be checked, and must be there then."""
    layers = [build_dependency_layer(name, HOST) for name in ("lean", *MORE_LAYERS[function])]
    paths = [str(layer / "python") for layer in (build_package_layer("huitou", HOST), *layers)]
    program = f"import sys; sys.path[:0] = {paths!r}; import huitou.templates.linting"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_layer_for_lambda_has_wheels_for_its_processor() -> None:
    layers = [build_dependency_layer(name, LAMBDA) / "python" for name in ("lean", "science")]
    libraries = [path.name for layer in layers for path in layer.rglob("*.cpython-*.so")]
    assert any(name.startswith("_lbfgsb") for name in libraries)
    assert all("aarch64-linux-gnu" in name and "cpython-313" in name for name in libraries)


def test_layers_hold_no_tests_no_scripts_and_no_other_services_of_aws() -> None:
    for layer in (build_dependency_layer("lean", LAMBDA), build_package_layer("huitou", LAMBDA)):
        folders = {path.name for path in layer.rglob("*") if path.is_dir()}
        assert not folders & {"tests", "test", "bin", ".mypy_cache", "cli", "infra"}
    data = build_dependency_layer("lean", LAMBDA) / "python" / "botocore" / "data"
    assert {"dynamodb", "s3", "sqs"} <= {path.name for path in data.iterdir()}
    assert not (data / "ec2").exists()


def test_the_services_that_deliver_messages_are_described_in_the_layer() -> None:
    """A client of a service that is not would be noticed with the first message only."""
    assert set(get_args(Service)) <= AWS_SERVICES


def test_the_layers_of_every_function_are_far_below_lambdas_limit() -> None:
    layers = [build_dependency_layer("lean", LAMBDA), build_package_layer("huitou", LAMBDA)]
    assert size_of(*layers) < LIMIT_MIB * 2**20 / 4


def test_with_the_packages_that_fit_models_they_are_below_it_still() -> None:
    """M18: they are the largest by far."""
    layers = [
        *(build_dependency_layer(name, LAMBDA) for name in ("lean", "science")),
        build_package_layer("huitou", LAMBDA),
    ]
    assert size_of(*layers) < LIMIT_MIB * 2**20 * 0.8


def size_of(*layers: Path) -> int:
    return sum(path.stat().st_size for layer in layers for path in layer.rglob("*") if path.is_file())


def test_bytecode_is_there_for_every_module_of_the_layers_of_this_machine() -> None:
    for layer in (build_dependency_layer("lean", HOST), build_package_layer("huitou", HOST)):
        check_bytecode(layer / "python", Path(sys.executable))


@pytest.mark.skipif(find_interpreter(LAMBDA.python) is None, reason=f"needs Python {LAMBDA.python}")
def test_bytecode_is_that_of_lambdas_python() -> None:
    interpreter = find_interpreter(LAMBDA.python)
    assert interpreter is not None
    check_bytecode(build_package_layer("huitou", LAMBDA) / "python", interpreter)


def test_bytecode_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("x = 1\n")
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(tmp_path)], check=True)
    with pytest.raises(LayerBuildError, match=r"module\.py"):
        check_bytecode(tmp_path, Path(sys.executable))


def test_bytecode_holds_after_the_sources_have_lost_their_times(tmp_path: Path) -> None:
    """Zipping resets the times that Python otherwise compares."""
    source = tmp_path / "module.py"
    source.write_text("x = 1\n")
    compile_bytecode(tmp_path, Path(sys.executable))
    source.write_text("x = 2\n")
    program = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; import module; print(module.x)"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_code_that_does_not_compile_is_refused(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("def\n")
    with pytest.raises(LayerBuildError, match="does not compile"):
        compile_bytecode(tmp_path, Path(sys.executable))


def test_without_the_right_python_a_layer_ships_without_bytecode_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("infra.layer_builder.BUILD", tmp_path / "layers")
    monkeypatch.setattr("infra.layer_builder.find_interpreter", lambda _version: None)
    layer = build_package_layer("huitou", LAMBDA)
    assert not list(layer.rglob("*.pyc"))
    assert f"no Python {LAMBDA.python} on this machine" in capsys.readouterr().err
    shutil.rmtree(layer)


def test_a_layer_that_is_built_already_is_taken_as_it_is() -> None:
    assert build_package_layer("huitou", HOST) == build_package_layer("huitou", HOST)


def test_a_layer_is_packed_into_the_same_file_wherever_it_is_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another file would be deployed again, and every function with it."""
    archive = packed(build_package_layer("huitou", HOST))
    monkeypatch.setattr("infra.layer_builder.BUILD", tmp_path / "layers")
    layer = build_package_layer("huitou", HOST)
    assert packed(layer).read_bytes() == archive.read_bytes()
    shutil.unpack_archive(archive, tmp_path / "unpacked")
    contents = [
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (layer, tmp_path / "unpacked")
    ]
    assert contents[0] == contents[1]
