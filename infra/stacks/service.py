"""Everything that runs: functions, the API in front of them, queues, the schedule, imports, alarms.

Nothing here holds data, so this stack may be replaced at any time.
"""

from collections.abc import Sequence
from typing import Final

from aws_cdk import CfnOutput, Duration, Stack, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.api import HttpApi
from infra.constructs.fan_out import FanOut
from infra.constructs.function import HandlerFunction, layer_of
from infra.constructs.queue import DeadLetterQueue, WorkQueue
from infra.constructs.review import acknowledge, acknowledge_wildcards, in_findings
from infra.constructs.stream import StreamReader
from infra.layer_builder import HOST, LAMBDA, Target, build_dependency_layer, build_package_layer
from infra.routes import PUBLIC, ROUTES
from infra.settings import Settings
from infra.stacks.data import DUE_INDEX, MEMBERS_INDEX, DataStack

READ: Final = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
# A transaction needs no permission of its own, only those of its parts.
WRITE: Final = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")

MEMBER_FUNCTIONS: Final = (
    *("serve_members", "serve_records", "record_purchases"),
    *("refund_purchases", "serve_checkouts", "serve_wallets"),
)
# What rules pay may depend on the member's segments.
SALE_FUNCTIONS: Final = ("record_purchases", "refund_purchases", "serve_checkouts")
API_TIMEOUT: Final = Duration.seconds(15)
WORKER_TIMEOUT: Final = Duration.minutes(1)
CHUNK_TIMEOUT: Final = Duration.minutes(15)
LARGE_MIB: Final = 1769  # one whole processor


class ServiceStack(Stack):
    """The running half of Huitou."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings, data: DataStack) -> None:
        super().__init__(scope, name)
        self._settings = settings
        self._data = data
        self._layers = [self._package_layer(), self._dependency_layer("lean", "that every function needs")]
        self._alarms = self._alarm_topic()
        self._members = {"HUITOU_MEMBERS_TABLE": data.members.table_name}
        self._program = {"HUITOU_PROGRAM_TABLE": data.program.table_name}
        self._identity = {"HUITOU_IDENTITY_SECRET": data.identity_secret.secret_arn}
        self._files = {"HUITOU_IMPORT_BUCKET": data.imports.bucket_name}
        self._reactions(self._due_work())
        self._events()
        self._rebuilds = self._rebuild_states()
        api = HttpApi(
            self,
            "api",
            settings=settings,
            functions={
                **self._member_functions(),
                **self._program_functions(),
                **self._import_functions(),
                **self._account_functions(),
                **self._simulation_functions(),
                **self._insight_functions(),
                **self._rebuild_functions(),
            },
            routes=ROUTES,
            public=PUBLIC,
            authorizer=self._authorizer(),
        )
        CfnOutput(self, "ApiId", value=api.rest_api.rest_api_id)
        CfnOutput(self, "ApiUrl", value=api.rest_api.url)

    def _member_functions(self) -> dict[str, lambda_.Function]:
        """Calls about members: all of them decide on the member's own partition under the active programme."""
        functions: dict[str, lambda_.Function] = {}
        for name in MEMBER_FUNCTIONS:
            function = self._function(name, {**self._members, **self._program, **self._identity})
            function.allow([*READ, *WRITE], self._data.members.table_arn)
            if name in SALE_FUNCTIONS:
                self._let_judge(function)
            else:
                self._let_read_program(function)
            self._let_read_identity_secret(function)
            if name == "serve_records":
                erasures = [*READ, "dynamodb:PutItem"]
                function.allow(erasures, self._data.program.table_arn, partitions=["ERASURES"])
                function.allow(["dynamodb:PutItem"], self._data.program.table_arn, partitions=["AUDIT#*"])
            functions[name] = function
        look = self._function("serve_standings", {**self._members, **self._program})
        look.allow(["dynamodb:GetItem", "dynamodb:Query"], self._data.members.table_arn)
        self._let_judge(look)
        return {**functions, "serve_standings": look}

    def _program_functions(self) -> dict[str, lambda_.Function]:
        function = self._function("serve_program", self._told_of_rebuilds())
        function.allow([*READ, *WRITE], self._data.program.table_arn, partitions=["PROGRAM", "AUDIT#*"])
        self._let_rebuild(function)
        return {"serve_program": function}

    def _authorizer(self) -> lambda_.Function:
        function = self._function("authorize_request", self._program)
        function.allow(["dynamodb:GetItem"], self._data.program.table_arn, partitions=["KEYS"])
        return function

    def _due_work(self) -> WorkQueue:
        """Each minute what falls due is read from the index and queued for its instant; a worker books it."""
        queue = WorkQueue(self, "due", worker_timeout=WORKER_TIMEOUT, alarms=self._alarms)
        failed_ticks = DeadLetterQueue(self, "failed-ticks", alarms=self._alarms)
        both = {**self._members, **self._program, "HUITOU_DUE_QUEUE_URL": queue.queue_url}
        tick = self._function("queue_due", both, WORKER_TIMEOUT)
        tick.allow(["dynamodb:Query"], f"{self._data.members.table_arn}/index/{DUE_INDEX}")
        tick.allow(["dynamodb:GetItem", "dynamodb:PutItem"], self._data.program.table_arn, partitions=["CLOCK"])
        tick.allow(["sqs:SendMessage", "sqs:GetQueueAttributes"], queue.queue_arn)
        self._each_minute(tick, failed_ticks)

        worker = self._function("book_due", both, timeout=WORKER_TIMEOUT)
        worker.allow([*READ, *WRITE], self._data.members.table_arn)
        worker.allow(["sqs:SendMessage"], queue.queue_arn)
        self._let_judge(worker)
        worker.add_event_source(
            sources.SqsEventSource(
                queue, batch_size=10, max_concurrency=self._settings.due_workers, report_batch_item_failures=True
            )
        )
        acknowledge(
            worker,
            {"Serverless-LambdaEventSourceMappingDestination": "Lambda takes none for SQS; the queue has its own."},
        )
        return queue

    def _reactions(self, due: WorkQueue) -> None:
        """Whoever's facts have changed is looked at; who cannot be, is handed to the worker of what is due."""
        told = {
            **self._members,
            **self._program,
            "HUITOU_DUE_QUEUE_URL": due.queue_url,
            "HUITOU_SET_ASIDE_BUCKET": self._data.set_aside.bucket_name,
        }
        react = self._function("react_to_changes", told, WORKER_TIMEOUT)
        react.allow(
            ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"],
            self._data.members.table_arn,
        )
        react.allow(["sqs:SendMessage"], due.queue_arn)
        self._let_judge(react)
        changed = [{"prefix": "WALLET#"}, "PROFILE", "STANDING"]
        StreamReader(
            self,
            "react_to_changes-stream",
            function=react,
            table=self._data.members,
            filters=[{"dynamodb": {"Keys": {"sk": {"S": [key]}}}} for key in changed],
            set_aside=self._data.set_aside,
            alarms=self._alarms,
        )

    def _each_minute(self, function: lambda_.Function, failures: sqs.IQueue) -> None:
        """A tick that fails is not repeated: the next one finds the same work still due."""
        function.configure_async_invoke(
            retry_attempts=0, max_event_age=Duration.minutes(1), on_failure=destinations.SqsDestination(failures)
        )
        role = iam.Role(self, "tick-role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn]))
        role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[failures.queue_arn]))
        scheduler.Schedule(
            self,
            "tick",
            schedule=scheduler.ScheduleExpression.rate(Duration.minutes(1)),
            target=targets.LambdaInvoke(
                function,
                role=role.without_policy_updates(),
                dead_letter_queue=failures,
                retry_attempts=0,
                max_event_age=Duration.minutes(1),
            ),
        )

    def _events(self) -> None:
        """What happened to members is read off their stream and published on the group's bus."""
        told = {
            **self._program,
            "HUITOU_EVENT_BUS": self._data.bus.event_bus_name,
            "HUITOU_SET_ASIDE_BUCKET": self._data.set_aside.bucket_name,
        }
        publish = self._function("publish_changes", told, WORKER_TIMEOUT)
        publish.allow(["events:PutEvents"], self._data.bus.event_bus_arn)
        self._let_read_program(publish)
        StreamReader(
            self,
            "publish_changes-stream",
            function=publish,
            table=self._data.members,
            filters=[
                {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "ENTRY#"}]}}}},
                {
                    "dynamodb": {
                        "Keys": {"sk": {"S": [{"prefix": "WALLET#"}]}},
                        "NewImage": {"members_pk": {"S": [{"exists": True}]}},
                    }
                },
                {"dynamodb": {"Keys": {"sk": {"S": ["STANDING#POSITION"]}}}},
            ],
            set_aside=self._data.set_aside,
            alarms=self._alarms,
        )
        acknowledge_wildcards(
            self,
            "Lambda and the function name files after what they set aside.",
            f"{in_findings(self._data, self._data.set_aside.bucket_arn)}/*",
        )

    def _import_functions(self) -> dict[str, lambda_.Function]:
        """The call that starts an import, and the states that carry it out."""
        files = self._data.imports
        partition = self._function("partition_import", {**self._program, **self._files}, CHUNK_TIMEOUT, LARGE_MIB)

        everything = {**self._members, **self._program, **self._identity, **self._files}
        apply = self._function("apply_import", everything, CHUNK_TIMEOUT, LARGE_MIB)
        apply.allow([*READ, *WRITE], self._data.members.table_arn)
        self._let_read_identity_secret(apply)

        report = self._function("report_import", {**self._program, **self._files}, CHUNK_TIMEOUT, LARGE_MIB)

        fan_out = FanOut(
            self, "import", settings=self._settings, bucket=files, partition=partition, apply=apply, report=report
        )
        states = fan_out.state_machine.state_machine_arn
        serve = self._function(
            "serve_imports",
            {**self._program, **self._files, "HUITOU_IMPORT_STATE_MACHINE": states},
        )
        self._let_start(serve, fan_out)
        for function in (partition, apply, report, serve):
            self._let_read_program(function)
            function.allow([*READ, *WRITE], self._data.program.table_arn, partitions=["IMPORT#*"])
            function.allow(["s3:GetObject", "s3:PutObject"], files.arn_for_objects("*"))
        acknowledge_wildcards(
            self,
            "The bucket holds imports only, and their keys are not known before they are made.",
            f"{in_findings(self._data, files.bucket_arn)}/*",
        )
        return {"serve_imports": serve}

    def _account_functions(self) -> dict[str, lambda_.Function]:
        """The calls about money, and the states that count all members shard by shard."""
        files, table = self._data.imports, self._data.program.table_arn
        count = self._function("count_accounts", {**self._members, **self._program}, CHUNK_TIMEOUT, LARGE_MIB)
        count.allow(["dynamodb:Query"], self._data.members.table_arn)
        count.allow(["dynamodb:Query"], f"{self._data.members.table_arn}/index/{MEMBERS_INDEX}")
        self._let_read_program(count)

        report = self._function("report_accounts", self._program, CHUNK_TIMEOUT, LARGE_MIB)
        report.allow(["dynamodb:GetItem", "dynamodb:Query"], table, partitions=["SETTLEMENTS"])

        fan_out = FanOut(self, "account", settings=self._settings, bucket=files, apply=count, report=report)
        states = fan_out.state_machine.state_machine_arn
        serve = self._function(
            "serve_accounts", {**self._program, **self._files, "HUITOU_ACCOUNT_STATE_MACHINE": states}
        )
        serve.allow([*READ, *WRITE], table, partitions=["SETTLEMENTS", "AUDIT#*"])
        self._let_read_program(serve)
        serve.allow(["s3:PutObject"], files.arn_for_objects("accounts/*"))
        self._let_start(serve, fan_out)
        acknowledge_wildcards(
            self,
            "The lists of shards are files, named after their reports.",
            f"{in_findings(self._data, files.bucket_arn)}/accounts/*",
        )
        for function in (count, report, serve):
            function.allow([*READ, *WRITE], table, partitions=["ACCOUNT#*"])
        return {"serve_accounts": serve}

    def _simulation_functions(self) -> dict[str, lambda_.Function]:
        """What-if: the calls, and the states that replay all members under both programmes, changing none."""
        files, table = self._data.imports, self._data.program.table_arn
        index = f"{self._data.members.table_arn}/index/{MEMBERS_INDEX}"
        told = {**self._members, **self._program, **self._files}
        replay = self._function("replay_members", told, CHUNK_TIMEOUT, LARGE_MIB)
        replay.allow(["dynamodb:Query"], self._data.members.table_arn)
        replay.allow(["dynamodb:Query"], index)

        report = self._function("report_simulation", {**self._program, **self._files}, CHUNK_TIMEOUT, LARGE_MIB)
        fan_out = FanOut(self, "simulation", settings=self._settings, bucket=files, apply=replay, report=report)
        states = fan_out.state_machine.state_machine_arn
        serve = self._function("serve_simulations", {**told, "HUITOU_SIMULATION_STATE_MACHINE": states})
        serve.allow(["dynamodb:Query"], index)
        self._let_read_program(serve)
        self._let_start(serve, fan_out)
        for function, on_files in ((replay, "s3:GetObject"), (report, "s3:GetObject"), (serve, "s3:PutObject")):
            function.allow([on_files], files.arn_for_objects("simulations/*"))
            function.allow(
                ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"], table, partitions=["SIMULATION#*"]
            )
        acknowledge_wildcards(
            self,
            "Programmes and lists of parts are files, named after their simulations.",
            f"{in_findings(self._data, files.bucket_arn)}/simulations/*",
        )
        return {"serve_simulations": serve}

    def _insight_functions(self) -> dict[str, lambda_.Function]:
        """M16, M18: the calls, and the states that go through all members once a week, changing none."""
        files, table = self._data.imports, self._data.program.table_arn
        told = {**self._program, **self._files}
        begin = self._function("begin_insights", told)
        self._let_read_program(begin)

        measure = self._function("measure_members", {**self._members, **told}, CHUNK_TIMEOUT, LARGE_MIB)
        measure.allow(["dynamodb:Query"], self._data.members.table_arn)
        measure.allow(["dynamodb:Query"], f"{self._data.members.table_arn}/index/{MEMBERS_INDEX}")
        self._let_read_program(measure)

        science = self._dependency_layer("science", "that models are fitted with")
        fit = self._function("fit_insights", told, CHUNK_TIMEOUT, LARGE_MIB, more_layers=[science])
        fit.allow(["dynamodb:GetItem", "dynamodb:PutItem"], table, partitions=["INSIGHTS"])

        fan_out = FanOut(
            self, "insight", settings=self._settings, bucket=files, partition=begin, apply=measure, report=fit
        )
        self._once_a_week(fan_out)
        serve = self._function(
            "serve_insights",
            {**self._program, "HUITOU_INSIGHT_STATE_MACHINE": fan_out.state_machine.state_machine_arn},
        )
        serve.allow(["dynamodb:GetItem"], table, partitions=["INSIGHTS"])
        self._let_read_program(serve)
        serve.allow(["states:StartExecution"], fan_out.state_machine.state_machine_arn)
        for function, on_files in ((begin, "s3:PutObject"), (measure, "s3:PutObject"), (fit, "s3:GetObject")):
            function.allow([on_files], files.arn_for_objects("insights/*"))
        acknowledge_wildcards(
            self,
            "What shards come to are files, named after their run.",
            f"{in_findings(self._data, files.bucket_arn)}/insights/*",
        )
        return {"serve_insights": serve}

    def _once_a_week(self, fan_out: FanOut) -> None:
        """In the night to Monday. A run that could not be started is made up for by the next one."""
        failures = DeadLetterQueue(self, "failed-insights", alarms=self._alarms)
        machine = fan_out.state_machine
        role = iam.Role(self, "insights-role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        role.add_to_policy(
            iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine.state_machine_arn])
        )
        role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[failures.queue_arn]))
        scheduler.Schedule(
            self,
            "insights-schedule",
            schedule=scheduler.ScheduleExpression.cron(
                minute="30", hour="3", week_day="MON", time_zone=TimeZone.of(self._settings.time_zone)
            ),
            target=targets.StepFunctionsStartExecution(
                machine,
                role=role.without_policy_updates(),
                dead_letter_queue=failures,
                input=scheduler.ScheduleTargetInput.from_object({}),
            ),
        )

    def _rebuild_states(self) -> FanOut:
        """E20: the states that look at everybody anew under the programme that holds."""
        members, table = self._data.members.table_arn, self._data.program.table_arn
        apply = self._function("rebuild_members", {**self._members, **self._program}, CHUNK_TIMEOUT, LARGE_MIB)
        apply.allow([*READ, *WRITE], members)
        apply.allow(["dynamodb:Query"], f"{members}/index/{MEMBERS_INDEX}")
        self._let_judge(apply)
        report = self._function("report_rebuild", self._program, WORKER_TIMEOUT)
        for function in (apply, report):
            function.allow(["dynamodb:GetItem", "dynamodb:PutItem"], table, partitions=["REBUILD#*"])
        return FanOut(self, "rebuild", settings=self._settings, bucket=self._data.imports, apply=apply, report=report)

    def _rebuild_functions(self) -> dict[str, lambda_.Function]:
        """The calls that start rebuilds and look at them."""
        serve = self._function("serve_rebuilds", self._told_of_rebuilds())
        self._let_read_program(serve)
        self._let_rebuild(serve)
        self._let_see_executions(serve, self._rebuilds)
        acknowledge_wildcards(
            self,
            "Lists of parts are files, named after their rebuilds.",
            f"{in_findings(self._data, self._data.imports.bucket_arn)}/rebuilds/*",
        )
        return {"serve_rebuilds": serve}

    def _told_of_rebuilds(self) -> dict[str, str]:
        states = self._rebuilds.state_machine.state_machine_arn
        return {**self._program, **self._files, "HUITOU_REBUILD_STATE_MACHINE": states}

    def _let_rebuild(self, function: HandlerFunction) -> None:
        """A publication starts a rebuild as a call does."""
        table, files = self._data.program.table_arn, self._data.imports
        function.allow(["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"], table, partitions=["REBUILD#*"])
        function.allow(["s3:PutObject"], files.arn_for_objects("rebuilds/*"))
        function.allow(["states:StartExecution"], self._rebuilds.state_machine.state_machine_arn)

    def _function(
        self,
        name: str,
        environment: dict[str, str],
        timeout: Duration = API_TIMEOUT,
        memory_mib: int = 512,
        more_layers: Sequence[lambda_.ILayerVersion] = (),
    ) -> HandlerFunction:
        return HandlerFunction(
            self,
            name,
            settings=self._settings,
            layers=[*self._layers, *more_layers],
            environment=environment,
            timeout=timeout,
            memory_mib=memory_mib,
        )

    def _let_start(self, function: HandlerFunction, fan_out: FanOut) -> None:
        function.allow(["states:StartExecution"], fan_out.state_machine.state_machine_arn)
        self._let_see_executions(function, fan_out)

    def _let_see_executions(self, function: HandlerFunction, fan_out: FanOut) -> None:
        function.allow(["states:DescribeExecution"], fan_out.executions)
        acknowledge_wildcards(
            self,
            "An execution is named after what it works for.",
            f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
            f"huitou-{self._settings.stage}-{fan_out.node.id}:*",
        )

    def _let_read_program(self, function: HandlerFunction) -> None:
        function.allow(["dynamodb:GetItem"], self._data.program.table_arn, partitions=["PROGRAM"])

    def _let_judge(self, function: HandlerFunction) -> None:
        """Whoever works out where a member stands, may have to know of everybody (M16, M18)."""
        self._let_read_program(function)
        function.allow(["dynamodb:GetItem"], self._data.program.table_arn, partitions=["INSIGHTS"])

    def _let_read_identity_secret(self, function: HandlerFunction) -> None:
        function.allow(["secretsmanager:GetSecretValue"], self._data.identity_secret.secret_arn)

    @property
    def _target(self) -> Target:
        return HOST if self._settings.is_local else LAMBDA

    def _package_layer(self) -> lambda_.LayerVersion:
        return layer_of(self, "huitou", str(build_package_layer("huitou", self._target)), "the product's package")

    def _dependency_layer(self, name: str, purpose: str) -> lambda_.LayerVersion:
        folder = build_dependency_layer(name, self._target)
        return layer_of(self, f"dependencies-{name}", str(folder), f"third-party packages {purpose}")

    def _alarm_topic(self) -> sns.Topic:
        topic = sns.Topic(self, "alarms", display_name=f"Huitou {self._settings.stage}", enforce_ssl=True)
        if self._settings.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(self._settings.alarm_email))
            acknowledge(
                topic, {"Serverless-SNSRedrivePolicy": "A lost e-mail is not a lost alarm: its state stays visible."}
            )
        return topic
