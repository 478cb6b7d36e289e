"""The CDK app: `cdk synth -c stage=<stage>`. Without a stage it describes the local one."""

import sys

from aws_cdk import App, Stack, Tags, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import Node

from infra.constructs.alarm import Alarms
from infra.routes import DESCRIPTION
from infra.settings import LOCAL, Settings, settings_for
from infra.stacks.data import DataStack
from infra.stacks.delivery import DeliveryStack
from infra.stacks.jobs import JobStack
from infra.stacks.service import ServiceStack


def build(app: App, settings: Settings) -> None:
    """Describe one deployment in `app`, which refuses to be synthesised with an unexplained finding."""
    data = DataStack(app, f"huitou-{settings.stage}-data", settings=settings)
    alarms = Alarms(Stack(app, f"huitou-{settings.stage}-alarms"), "alarms", settings=settings)
    jobs = JobStack(app, f"huitou-{settings.stage}-jobs", settings=settings, data=data, alarms=alarms)
    service = f"huitou-{settings.stage}-service"
    ServiceStack(app, service, settings=settings, data=data, alarms=alarms, jobs=jobs)
    if settings.repository:
        name = f"huitou-{settings.stage}-delivery"
        DeliveryStack(app, name, settings=settings, data=data, repository=settings.repository)
    Tags.of(app).add("application", "huitou")
    Tags.of(app).add("stage", settings.stage)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))


def synthesise(settings: Settings, folder: str) -> None:
    """Write the templates of one deployment into `folder`."""
    app = App(outdir=folder)
    build(app, settings)
    app.synth()


def _context(node: Node, name: str) -> str | None:
    value = node.try_get_context(name)
    return None if value is None else str(value)


def main() -> None:
    """Synthesise what the context on the command line asks for."""
    if not DESCRIPTION.exists():
        sys.exit("huitou: the description of the API is missing: run `huitou openapi`")
    app = App()
    stage = _context(app.node, "stage") or LOCAL
    build(app, settings_for(stage, _context(app.node, "alarm_email"), _context(app.node, "repository")))
    app.synth()


if __name__ == "__main__":
    main()
