"""What runs all the time: functions, the API in front of them, queues, the schedule.

Nothing here holds data, so this stack may be replaced at any time.
"""

import json
from typing import Final, NamedTuple

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarm import Alarms, counted
from infra.constructs.api import HttpApi
from infra.constructs.function import HandlerFunction
from infra.constructs.public_url import public_url
from infra.constructs.queue import DeadLetterQueue, WorkQueue
from infra.constructs.review import acknowledge_wildcards, in_findings
from infra.constructs.stream import StreamReader
from infra.routes import PUBLIC, ROUTES
from infra.settings import Settings
from infra.stacks import feedback, job_calls
from infra.stacks.data import DUE_INDEX, MEMBERS_INDEX, SEGMENTS_INDEX, DataStack
from infra.stacks.functions import LARGE_MIB, LOOK, READ, WORKER_TIMEOUT, WRITE, FunctionStack
from infra.stacks.jobs import JobStack, let_begin, told_of

PROVIDERS: Final = {"HUITOU_SMS_SERVICE": "end_user_messaging", "HUITOU_LINE_SERVICE": "line"}
LOCAL_PROVIDERS: Final = {
    "HUITOU_SMS_SERVICE": "sns",
    "HUITOU_LINE_SERVICE": "console",
    "HUITOU_CONSOLE_FILE": "/tmp/huitou-line.jsonl",  # noqa: S108 - the only folder that a function may write to
}
OUTBOX: Final = (*READ, "dynamodb:PutItem", "dynamodb:ConditionCheckItem")
"""A slot is taken only where what its cap was judged by is unchanged, also with who was merged (E15, E23)."""
PREVIEW_TIMEOUT: Final = Duration.seconds(28)
"""A little less than the gateway waits."""
DISPATCHED_AT_ONCE: Final = 5
"""A provider may take six seconds for each: half of the worker's time, the rest of which is for the tables."""
REFUSALS: Final = 3
"""Within an hour: one alone may be a number in a country that nobody sends to."""
GIVEN_UP: Final = 10
"""Within an hour: an answer may be lost once in a while."""
MEMBER_FUNCTIONS: Final = (
    *("serve_members", "serve_records", "record_purchases"),
    *("refund_purchases", "serve_checkouts", "serve_wallets"),
)
# What rules pay may depend on the member's segments.
SALE_FUNCTIONS: Final = ("record_purchases", "refund_purchases", "serve_checkouts")


class Outboxes(NamedTuple):
    """The queues of messages to members, by their kind."""

    marketing: WorkQueue
    service: WorkQueue

    @property
    def told(self) -> dict[str, str]:
        """For who puts messages into them."""
        return {
            "HUITOU_MESSAGES_QUEUE_URL": self.marketing.queue_url,
            "HUITOU_SERVICE_QUEUE_URL": self.service.queue_url,
        }


class ServiceStack(FunctionStack):
    """The running half of Huitou."""

    def __init__(
        self, scope: Construct, name: str, *, settings: Settings, data: DataStack, alarms: Alarms, jobs: JobStack
    ) -> None:
        super().__init__(scope, name, settings=settings, data=data, alarms=alarms)
        self.jobs = jobs
        outboxes = self._outboxes()
        self._reactions(self._due_work(outboxes), outboxes)
        self._events()
        api = HttpApi(
            self,
            "api",
            settings=settings,
            functions={
                **self._member_functions(),
                **self._segment_functions(),
                **self._program_functions(),
                **self._message_functions(),
                **self._coupon_functions(),
                **self._verification_functions(),
                **self._link_functions(),
                **feedback.functions(self),
                **job_calls.functions(self, jobs),
            },
            routes=ROUTES,
            public=PUBLIC,
            authorizer=self._authorizer(),
        )
        CfnOutput(self, "ApiId", value=api.rest_api.rest_api_id)
        CfnOutput(self, "ApiUrl", value=api.rest_api.url)
        self._dispatch(outboxes, public_url(self, api, settings))

    def _outboxes(self) -> Outboxes:
        """M23: a release of marketing in the morning is hours of work; who waits for a code waits for none of it."""
        return Outboxes(
            marketing=WorkQueue(
                self, "messages", worker_timeout=WORKER_TIMEOUT, late=Duration.hours(2), alarms=self.alarms
            ),
            service=WorkQueue(
                self, "service-messages", worker_timeout=WORKER_TIMEOUT, late=Duration.minutes(5), alarms=self.alarms
            ),
        )

    def _member_functions(self) -> dict[str, lambda_.Function]:
        """Calls about members: all of them decide on the member's own partition under the active programme."""
        functions: dict[str, lambda_.Function] = {}
        for name in MEMBER_FUNCTIONS:
            function = self.function(name, {**self.members, **self.program, **self.identity})
            function.allow([*READ, *WRITE], self.data.members.table_arn)
            if name in SALE_FUNCTIONS:
                self.let_judge(function)
            else:
                self.let_read_program(function)
            self.let_read_identity_secret(function)
            if name == "serve_records":
                erasures = [*READ, "dynamodb:PutItem"]
                function.allow(erasures, self.data.program.table_arn, partitions=["ERASURES"])
                function.allow(["dynamodb:PutItem"], self.data.program.table_arn, partitions=["AUDIT#*"])
            functions[name] = function
        look = self.function("serve_standings", {**self.members, **self.program})
        look.allow(["dynamodb:GetItem", "dynamodb:Query"], self.data.members.table_arn)
        self.let_judge(look)
        return {**functions, "serve_standings": look}

    def _segment_functions(self) -> dict[str, lambda_.Function]:
        """M16: lists and samples are read off an index; previews judge the members of a sample, and keep nothing.

        Counts judge all of them, in states. A campaign that is to be counted is checked with its templates.
        """
        told = {**self.members, **told_of(self, self.jobs.counts)}
        look = self.function("serve_segments", told, PREVIEW_TIMEOUT, LARGE_MIB, [self.messaging])
        look.allow(["dynamodb:GetItem", "dynamodb:Query"], self.data.members.table_arn)
        look.allow(["dynamodb:Query"], f"{self.data.members.table_arn}/index/{SEGMENTS_INDEX}")
        self.let_judge(look)
        let_begin(self, look, self.jobs.counts)
        self.let_see_executions(look, self.jobs.counts)
        return {"serve_segments": look}

    def _program_functions(self) -> dict[str, lambda_.Function]:
        told = told_of(self, self.jobs.rebuilds)
        function = self.function("serve_program", told, memory_mib=LARGE_MIB, more_layers=[self.messaging])
        function.allow([*READ, *WRITE], self.data.program.table_arn, partitions=["PROGRAM", "AUDIT#*"])
        let_begin(self, function, self.jobs.rebuilds)
        return {"serve_program": function}

    def _message_functions(self) -> dict[str, lambda_.Function]:
        """M24: what would be sent to a member is worked out from what is known of them; nothing is sent or kept.

        M23: what shall be sent is kept with the member, and sent by another function.
        """
        told = {**self.members, **self.program}
        function = self.function("serve_templates", told, memory_mib=LARGE_MIB, more_layers=[self.messaging])
        function.allow(["dynamodb:GetItem", "dynamodb:Query"], self.data.members.table_arn)
        self.let_read_program(function)
        outbox = self.function("serve_messages", told)
        outbox.allow(OUTBOX, self.data.members.table_arn)
        self.let_read_program(outbox)
        return {"serve_templates": function, "serve_messages": outbox}

    def _coupon_functions(self) -> dict[str, lambda_.Function]:
        """M27: what tills use is found by its code, and changed alone; nobody is looked up by who they are."""
        function = self.function("serve_coupons", {**self.members, **self.program})
        changes = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"]
        function.allow(changes, self.data.members.table_arn, partitions=["M#*"])
        function.allow(["dynamodb:GetItem"], self.data.members.table_arn, partitions=["COUPON#*"])
        self.let_read_program(function)
        return {"serve_coupons": function}

    def _verification_functions(self) -> dict[str, lambda_.Function]:
        """M39: a code is asked for here, and sent by another function; what is proven changes the member's record.

        Nothing is written about who is forgotten meanwhile (E25), which is a check of their record.
        """
        told = {**self.members, **self.program, **self.identity, **self.addresses, **self.codes}
        function = self.function("serve_verifications", told)
        changes = [*OUTBOX, "dynamodb:UpdateItem"]
        kept = ["M#*", "IDENTITY#*", "COMMAND#*", "CODES#*"]
        function.allow(changes, self.data.members.table_arn, partitions=kept)
        self.let_read_program(function)
        self.let_read_identity_secret(function)
        self.let_read_address_secret(function)
        self.let_read_code_secret(function)
        return {"serve_verifications": function}

    def _link_functions(self) -> dict[str, lambda_.Function]:
        """M24, M25: called by anybody who has a link; they reach nothing but members' own partitions."""
        function = self.function("serve_unsubscriptions", {**self.members, **self.program, **self.links})
        changes = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        function.allow(changes, self.data.members.table_arn, partitions=["M#*"])
        self.let_read_program(function)
        self.let_read_link_secret(function)
        opens = self.function("serve_links", {**self.members, **self.links})
        opens.allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], self.data.members.table_arn, partitions=["M#*"])
        self.let_read_link_secret(opens)
        return {"serve_unsubscriptions": function, "serve_links": opens}

    def _authorizer(self) -> lambda_.Function:
        function = self.function("authorize_request", self.program)
        function.allow(["dynamodb:GetItem"], self.data.program.table_arn, partitions=["KEYS"])
        return function

    def _dispatch(self, outboxes: Outboxes, public_url: str) -> None:
        """M23: messages that are due are handed to their providers. The local stack has none for LINE."""
        told = {
            **self.members,
            **self.program,
            **self.links,
            **self.addresses,
            **self.codes,
            **outboxes.told,
            "HUITOU_MARKETING_PACE": json.dumps(self.settings.marketing_pace),
            "HUITOU_PUBLIC_URL": public_url,
            "HUITOU_EMAIL_SERVICE": "ses",
            **feedback.from_providers(self),
            **(LOCAL_PROVIDERS if self.settings.is_local else {**PROVIDERS, **self.line_tokens}),
        }
        worker = self.function("dispatch_messages", told, WORKER_TIMEOUT, LARGE_MIB, more_layers=[self.messaging])
        worker.allow(OUTBOX, self.data.members.table_arn)
        for queue in outboxes:
            worker.allow(["sqs:SendMessage"], queue.queue_arn)
        self.let_judge(worker)
        self.let_read_link_secret(worker)
        self.let_read_address_secret(worker)
        self.let_read_code_secret(worker)
        worker.allow(["secretsmanager:GetSecretValue"], self.data.line_secret.secret_arn)
        self._let_deliver(worker)
        self.work_through(outboxes.marketing, worker, DISPATCHED_AT_ONCE, self.settings.marketing_workers)
        self.work_through(outboxes.service, worker, DISPATCHED_AT_ONCE)
        self._watch(worker)

    def _watch(self, worker: HandlerFunction) -> None:
        """M37: what defers or ends messages, and no dead letter tells of."""
        self.alarms.begin(
            f"{worker.node.id}-refused",
            counted(worker.node.id, "AccountRefusals", over=Duration.hours(1)),
            says="Providers turn this account away: its leave, its quota, its senders",
            threshold=REFUSALS,
        )
        self.alarms.begin(
            f"{worker.node.id}-given-up",
            counted(worker.node.id, "MessagesGivenUp", over=Duration.hours(1)),
            says="Messages ended after their deadline, or nobody knows whether they came",
            threshold=GIVEN_UP,
        )

    def _let_deliver(self, worker: HandlerFunction) -> None:
        """Which senders there are, the programme says; they are set up by people."""
        reports = f"arn:{self.partition}:ses:{self.region}:{self.account}:configuration-set/{feedback.set_of(self)}"
        worker.allow(["ses:SendEmail"], reports)
        for service, action, resource in (
            ("ses", "ses:SendEmail", "identity/*"),
            ("sms-voice", "sms-voice:SendTextMessage", "*"),
        ):
            worker.allow([action], f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}")
            acknowledge_wildcards(
                self,
                "The programme names the senders, and may name others tomorrow.",
                f"arn:<AWS::Partition>:{service}:<AWS::Region>:<AWS::AccountId>:{resource}",
            )

    def _due_work(self, outboxes: Outboxes) -> WorkQueue:
        """Each minute what falls due is read from the index and queued for its instant; a worker books it."""
        queue = WorkQueue(self, "due", worker_timeout=WORKER_TIMEOUT, late=Duration.minutes(15), alarms=self.alarms)
        failed_ticks = DeadLetterQueue(self, "failed-ticks", alarms=self.alarms)
        both = {**self.members, **self.program, "HUITOU_DUE_QUEUE_URL": queue.queue_url}
        tick = self.function("queue_due", {**both, **outboxes.told}, WORKER_TIMEOUT)
        tick.allow(["dynamodb:Query"], f"{self.data.members.table_arn}/index/{DUE_INDEX}")
        tick.allow(["dynamodb:GetItem", "dynamodb:PutItem"], self.data.program.table_arn, partitions=["CLOCK"])
        tick.allow(["dynamodb:PutItem"], self.data.members.table_arn, partitions=["OCCASION#*"])
        self.let_read_program(tick)
        for each in (queue, *outboxes):
            tick.allow(["sqs:SendMessage", "sqs:GetQueueAttributes"], each.queue_arn)
        self._each_minute(tick, failed_ticks)

        worker = self.function("book_due", {**both, **self.addresses}, timeout=WORKER_TIMEOUT)
        worker.allow([*READ, *WRITE], self.data.members.table_arn)
        for index in (MEMBERS_INDEX, SEGMENTS_INDEX):
            worker.allow(["dynamodb:Query"], f"{self.data.members.table_arn}/index/{index}")
        worker.allow(["sqs:SendMessage"], queue.queue_arn)
        self.let_judge(worker)
        self.let_read_address_secret(worker)
        self.work_through(queue, worker)
        return queue

    def _reactions(self, due: WorkQueue, outboxes: Outboxes) -> None:
        """Whoever's facts have changed is looked at; who cannot be, is handed to the worker of what is due.

        A new message that is due soon is told to those who send messages.
        """
        told = {
            **self.members,
            **self.program,
            "HUITOU_DUE_QUEUE_URL": due.queue_url,
            **outboxes.told,
            "HUITOU_SET_ASIDE_BUCKET": self.data.set_aside.bucket_name,
        }
        react = self.function("react_to_changes", told, WORKER_TIMEOUT)
        react.allow(LOOK, self.data.members.table_arn)
        for queue in (due, *outboxes):
            react.allow(["sqs:SendMessage"], queue.queue_arn)
        self.let_judge(react)
        changed = [{"prefix": "WALLET#"}, "PROFILE", "STANDING"]
        StreamReader(
            self,
            "react_to_changes-stream",
            function=react,
            table=self.data.members,
            filters=[
                *({"dynamodb": {"Keys": {"sk": {"S": [key]}}}} for key in changed),
                {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "MESSAGE#"}]}}}},
            ],
            set_aside=self.data.set_aside,
            alarms=self.alarms,
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
            **self.program,
            "HUITOU_EVENT_BUS": self.data.bus.event_bus_name,
            "HUITOU_SET_ASIDE_BUCKET": self.data.set_aside.bucket_name,
        }
        publish = self.function("publish_changes", told, WORKER_TIMEOUT)
        publish.allow(["events:PutEvents"], self.data.bus.event_bus_arn)
        self.let_read_program(publish)
        StreamReader(
            self,
            "publish_changes-stream",
            function=publish,
            table=self.data.members,
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
            set_aside=self.data.set_aside,
            alarms=self.alarms,
        )
        acknowledge_wildcards(
            self,
            "Lambda and the function name files after what they set aside.",
            f"{in_findings(self.data, self.data.set_aside.bucket_arn)}/*",
        )
