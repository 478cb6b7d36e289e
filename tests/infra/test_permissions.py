"""Each function may do what it needs, and a table here says what that is."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from infra.sources import ROOT
from tests.infra.conftest import Deployment, listed

READ = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}
WRITE = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"}
KEEP = {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"}
SLOT = KEEP | {"dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem"}
LOOK = KEEP | {"dynamodb:UpdateItem", "dynamodb:DeleteItem"}
SECRET = {"secretsmanager:GetSecretValue"}
FILES = {"s3:GetObject", "s3:PutObject"}
CONSUME = {
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
}
READ_STREAM = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}

ALLOWED = {
    "authorize_request": {"dynamodb:GetItem"},
    "serve_members": READ | WRITE | SECRET,
    "serve_standings": {"dynamodb:GetItem", "dynamodb:Query"},
    "serve_templates": {"dynamodb:GetItem", "dynamodb:Query"},
    "serve_messages": SLOT,
    "serve_coupons": KEEP,
    "serve_unsubscriptions": KEEP | {"dynamodb:UpdateItem"} | SECRET,
    "serve_verifications": SLOT | {"dynamodb:UpdateItem"} | SECRET,
    "serve_segments": KEEP | {"s3:PutObject", "states:StartExecution", "states:DescribeExecution"},
    "count_members": READ | {"dynamodb:PutItem"} | SECRET,
    "report_count": {"dynamodb:GetItem", "dynamodb:PutItem"},
    "serve_results": KEEP | {"s3:PutObject", "states:StartExecution", "states:DescribeExecution"},
    "measure_campaign": READ | {"dynamodb:PutItem"},
    "report_result": KEEP,
    "serve_records": READ | WRITE | SECRET,
    "record_purchases": READ | WRITE | SECRET,
    "refund_purchases": READ | WRITE | SECRET,
    "serve_checkouts": READ | WRITE | SECRET,
    "serve_wallets": READ | WRITE | SECRET,
    "serve_program": READ | WRITE | {"s3:PutObject", "states:StartExecution"},
    "serve_rebuilds": KEEP | {"s3:PutObject", "states:StartExecution", "states:DescribeExecution"},
    "rebuild_members": LOOK,
    "report_rebuild": {"dynamodb:GetItem", "dynamodb:PutItem"},
    "serve_imports": READ | WRITE | FILES | {"states:StartExecution", "states:DescribeExecution"},
    "partition_import": READ | WRITE | FILES,
    "apply_import": READ | WRITE | FILES | SECRET,
    "report_import": READ | WRITE | FILES,
    "serve_accounts": READ | WRITE | {"s3:PutObject", "states:StartExecution", "states:DescribeExecution"},
    "count_accounts": KEEP,
    "report_accounts": KEEP,
    "serve_simulations": KEEP | {"s3:PutObject", "states:StartExecution", "states:DescribeExecution"},
    "replay_members": KEEP | {"s3:GetObject"},
    "report_simulation": KEEP | {"s3:GetObject"},
    "serve_insights": {"dynamodb:GetItem", "states:StartExecution"},
    "begin_insights": {"dynamodb:GetItem", "s3:PutObject"},
    "measure_members": {"dynamodb:GetItem", "dynamodb:Query", "s3:PutObject"},
    "fit_insights": KEEP | {"s3:GetObject", "s3:PutObject", "states:StartExecution"},
    "queue_due": KEEP | {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
    "book_due": READ | WRITE | SECRET | CONSUME | {"sqs:SendMessage"},
    "dispatch_messages": SLOT | SECRET | CONSUME | {"sqs:SendMessage", "ses:SendEmail", "sms-voice:SendTextMessage"},
    "serve_suppressions": {"dynamodb:GetItem", "dynamodb:PutItem"} | SECRET,
    "serve_links": {"dynamodb:GetItem", "dynamodb:UpdateItem"} | SECRET,
    "serve_webhooks": {"dynamodb:GetItem", "dynamodb:PutItem"} | SECRET,
    "hear_providers": KEEP | {"dynamodb:UpdateItem"} | SECRET | CONSUME | {"s3:PutObject"},
    "react_to_changes": READ_STREAM | LOOK | {"sqs:SendMessage", "s3:PutObject", "s3:ListBucket"},
    "publish_changes": READ_STREAM | {"dynamodb:GetItem", "events:PutEvents", "s3:PutObject", "s3:ListBucket"},
}

SCAN = re.compile(r"""["']scan["']|dynamodb:Scan|\.scan\(|["']Scan["']|execute_statement|PartiQL""")
"""Each way in which boto3, botocore or pynamodb would read a whole table."""

PACKAGE = ROOT / "layers" / "huitou" / "python" / "huitou"
COMPOSITIONS = [PACKAGE / "composition.py", PACKAGE / "outbox_composition.py"]
"""Where settings are that several functions share."""

# How a field of a function's settings is called in the environment.
VARIABLES = {
    "MembersTable": "HUITOU_MEMBERS_TABLE",
    "ProgramTable": "HUITOU_PROGRAM_TABLE",
    "IdentitySecret": "HUITOU_IDENTITY_SECRET",
    "LinkSecret": "HUITOU_LINK_SECRET",
    "AddressSecret": "HUITOU_ADDRESS_SECRET",
    "LineSecret": "HUITOU_LINE_SECRET",
    "CodeSecret": "HUITOU_CODE_SECRET",
    "DueQueueUrl": "HUITOU_DUE_QUEUE_URL",
    "MessagesQueueUrl": "HUITOU_MESSAGES_QUEUE_URL",
    "ServiceQueueUrl": "HUITOU_SERVICE_QUEUE_URL",
    "MarketingPace": "HUITOU_MARKETING_PACE",
    "PublicUrl": "HUITOU_PUBLIC_URL",
    "ImportBucket": "HUITOU_IMPORT_BUCKET",
    "ImportStateMachine": "HUITOU_IMPORT_STATE_MACHINE",
    "AccountStateMachine": "HUITOU_ACCOUNT_STATE_MACHINE",
    "InsightStateMachine": "HUITOU_INSIGHT_STATE_MACHINE",
    "SimulationStateMachine": "HUITOU_SIMULATION_STATE_MACHINE",
    "RebuildStateMachine": "HUITOU_REBUILD_STATE_MACHINE",
    "CountStateMachine": "HUITOU_COUNT_STATE_MACHINE",
    "ResultStateMachine": "HUITOU_RESULT_STATE_MACHINE",
    "EventBus": "HUITOU_EVENT_BUS",
    "SetAsideBucket": "HUITOU_SET_ASIDE_BUCKET",
}

OF_PROVIDERS = {
    *("HUITOU_EMAIL_SERVICE", "HUITOU_EMAIL_CONFIGURATION_SET"),
    *("HUITOU_SMS_SERVICE", "HUITOU_SMS_CONFIGURATION_SET"),
    *("HUITOU_LINE_SERVICE", "HUITOU_LINE_SECRET"),
}
"""What a stage on AWS tells of them; `huitou.channels.providers` asks for them."""


def test_the_table_names_every_function(production: Deployment) -> None:
    folders = {path.name for path in (ROOT / "functions").iterdir() if (path / "handler.py").exists()}
    assert folders == set(ALLOWED)
    assert len(production.properties("AWS::Lambda::Function")) == len(ALLOWED)


@pytest.mark.parametrize("function", sorted(ALLOWED))
def test_a_function_may_do_exactly_this(production: Deployment, function: str) -> None:
    assert production.allowed(function) == ALLOWED[function]


@pytest.mark.parametrize("function", sorted(ALLOWED))
def test_a_function_is_told_exactly_what_its_settings_ask_for(production: Deployment, function: str) -> None:
    told = set(production.function(function)["Environment"]["Variables"])
    asked = _asked_for(ROOT / "functions" / function / "handler.py")
    assert {name for name in told if name.startswith("HUITOU_")} == asked


def test_no_policy_allows_everything(production: Deployment) -> None:
    for policy in production.properties("AWS::IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert not [action for action in actions if "*" in action]


def test_only_logs_and_traces_are_written_without_naming_a_resource(production: Deployment) -> None:
    for policy in production.properties("AWS::IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Resource"] == "*":
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert all(action.startswith(("logs:", "xray:")) for action in actions)


def test_the_tick_reads_the_due_index_and_nothing_else_of_members(production: Deployment) -> None:
    role = production.function("queue_due")["Role"]["Fn::GetAtt"][0]
    (query,) = [each for each in production.statements(role) if each["Action"] == "dynamodb:Query"]
    assert query["Resource"]["Fn::Join"][1][-1] == "/index/due"


def test_nobody_may_scan(production: Deployment) -> None:
    """M17: what is due is found by an index, and everybody by another; no table is ever read from end to end."""
    functions = [production.allowed(function) for function in ALLOWED]
    assert not [action for actions in functions for action in actions if "scan" in action.lower()]
    assert "dynamodb:Scan" not in str(production.resources)


def test_no_code_scans() -> None:
    """M17. Only the command that shows what is stored looks at all of it: in the emulator, on this machine."""
    sources = [
        path for folder in ("functions", "layers/huitou", "infra", "cli") for path in (ROOT / folder).rglob("*.py")
    ]
    scanning = {str(path.relative_to(ROOT)) for path in sources if SCAN.search(path.read_text("utf-8"))}
    assert scanning == {"cli/items.py"}
    assert "local_stack" in (ROOT / "cli" / "items.py").read_text("utf-8")


PARTITIONS = {
    "authorize_request": {"KEYS"},
    "serve_members": {"PROGRAM"},
    "serve_standings": {"PROGRAM", "INSIGHTS"},
    "serve_templates": {"PROGRAM"},
    "serve_messages": {"PROGRAM"},
    "serve_coupons": {"PROGRAM"},
    "serve_unsubscriptions": {"PROGRAM"},
    "serve_verifications": {"PROGRAM"},
    "serve_segments": {"PROGRAM", "INSIGHTS", "COUNT#*"},
    "count_members": {"PROGRAM", "INSIGHTS", "COUNT#*"},
    "report_count": {"COUNT#*"},
    "serve_results": {"PROGRAM", "RESULT#*"},
    "measure_campaign": {"PROGRAM", "RESULT#*"},
    "report_result": {"PROGRAM", "RESULT#*"},
    "serve_records": {"PROGRAM", "ERASURES", "AUDIT#*"},
    "record_purchases": {"PROGRAM", "INSIGHTS"},
    "refund_purchases": {"PROGRAM", "INSIGHTS"},
    "serve_checkouts": {"PROGRAM", "INSIGHTS"},
    "serve_wallets": {"PROGRAM"},
    "book_due": {"PROGRAM", "INSIGHTS"},
    "dispatch_messages": {"PROGRAM", "INSIGHTS"},
    "hear_providers": {"PROGRAM"},
    "serve_suppressions": {"AUDIT#*"},
    "react_to_changes": {"PROGRAM", "INSIGHTS"},
    "serve_program": {"PROGRAM", "AUDIT#*", "REBUILD#*"},
    "serve_rebuilds": {"PROGRAM", "REBUILD#*"},
    "rebuild_members": {"PROGRAM", "INSIGHTS", "REBUILD#*"},
    "report_rebuild": {"REBUILD#*"},
    "serve_imports": {"PROGRAM", "IMPORT#*"},
    "partition_import": {"PROGRAM", "IMPORT#*"},
    "apply_import": {"PROGRAM", "INSIGHTS", "IMPORT#*"},
    "report_import": {"PROGRAM", "IMPORT#*"},
    "serve_accounts": {"PROGRAM", "ACCOUNT#*", "SETTLEMENTS", "AUDIT#*"},
    "count_accounts": {"PROGRAM", "ACCOUNT#*"},
    "report_accounts": {"ACCOUNT#*", "SETTLEMENTS"},
    "serve_simulations": {"PROGRAM", "INSIGHTS", "SIMULATION#*"},
    "replay_members": {"SIMULATION#*", "INSIGHTS"},
    "report_simulation": {"SIMULATION#*"},
    "serve_insights": {"PROGRAM", "INSIGHTS"},
    "begin_insights": {"PROGRAM"},
    "measure_members": {"PROGRAM"},
    "fit_insights": {"INSIGHTS", "PROGRAM", "REBUILD#*"},
    "queue_due": {"CLOCK", "PROGRAM"},
    "publish_changes": {"PROGRAM"},
}


@pytest.mark.parametrize("function", sorted(PARTITIONS))
def test_a_function_reaches_only_these_partitions_of_the_program_table(production: Deployment, function: str) -> None:
    """Only the authorizer sees the hashes of keys, and nobody who answers a caller can make a key."""
    role = production.function(function)["Role"]["Fn::GetAtt"][0]
    on_program = [
        each for each in production.statements(role) if "ExportsOutputFnGetAttprogram" in str(each["Resource"])
    ]
    reached = [each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] for each in on_program]
    assert {key for keys in reached for key in ([keys] if isinstance(keys, str) else keys)} == PARTITIONS[function]


def test_who_tells_of_members_sees_them_by_their_stream_alone(production: Deployment) -> None:
    """M36: it can neither read nor change the table, and files set aside can be added, not read."""
    role = production.function("publish_changes")["Role"]["Fn::GetAtt"][0]
    reached = {str(each["Resource"]): each["Action"] for each in production.statements(role)}
    on_members = {resource: action for resource, action in reached.items() if "GetAttmembers" in resource}
    assert [set(action) for action in on_members.values()] == [READ_STREAM]
    assert all("StreamArn" in resource for resource in on_members)


@pytest.mark.parametrize("function", ["serve_unsubscriptions", "serve_links"])
def test_who_needs_no_key_reaches_members_and_no_secret_but_that_of_links(
    production: Deployment, function: str
) -> None:
    """M25: no look-up of identities, so that nobody is found by a phone number through it."""
    role = production.function(function)["Role"]["Fn::GetAtt"][0]
    statements = production.statements(role)
    (members,) = [each for each in statements if "ExportsOutputFnGetAttmembers" in str(each["Resource"])]
    assert members["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == ["M#*"]
    (secret,) = [each for each in statements if each["Action"] == "secretsmanager:GetSecretValue"]
    assert "linksecret" in str(secret["Resource"])


@pytest.mark.parametrize(
    "function",
    ["hear_providers", "dispatch_messages", "book_due", "count_members", "serve_suppressions", "serve_webhooks"],
)
def test_who_sends_and_who_listens_can_find_nobody_by_an_address(production: Deployment, function: str) -> None:
    """M25, E25: addresses that nothing is sent to have a secret of their own."""
    role = production.function(function)["Role"]["Fn::GetAtt"][0]
    secrets = [each for each in production.statements(role) if each["Action"] == "secretsmanager:GetSecretValue"]
    assert secrets
    assert "identitysecret" not in str(secrets)


@pytest.mark.parametrize("function", ["serve_suppressions", "serve_webhooks"])
def test_calls_about_addresses_reach_no_member(production: Deployment, function: str) -> None:
    """LINE's has no key: whoever gets in there finds nobody, and nothing but digests."""
    role = production.function(function)["Role"]["Fn::GetAtt"][0]
    (members,) = [
        each for each in production.statements(role) if "ExportsOutputFnGetAttmembers" in str(each["Resource"])
    ]
    assert members["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == ["SUPPRESSION#*"]


def test_who_takes_codes_reaches_members_and_what_leads_to_them_alone(production: Deployment) -> None:
    """M39"""
    role = production.function("serve_verifications")["Role"]["Fn::GetAtt"][0]
    (members,) = [
        each for each in production.statements(role) if "ExportsOutputFnGetAttmembers" in str(each["Resource"])
    ]
    reached = members["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert reached == ["M#*", "IDENTITY#*", "COMMAND#*", "CODES#*"]


def test_the_secret_of_codes_is_for_who_sends_them_and_who_hears_them(production: Deployment) -> None:
    """M39"""

    def knows(function: str) -> bool:
        role = production.function(function)["Role"]["Fn::GetAtt"][0]
        return "codesecret" in str(production.statements(role))

    assert {function for function in ALLOWED if knows(function)} == {"serve_verifications", "dispatch_messages"}


def test_who_listens_reaches_members_and_suppressions_alone(production: Deployment) -> None:
    role = production.function("hear_providers")["Role"]["Fn::GetAtt"][0]
    (members,) = [
        each for each in production.statements(role) if "ExportsOutputFnGetAttmembers" in str(each["Resource"])
    ]
    assert members["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == ["M#*", "SUPPRESSION#*"]


def test_neither_simulations_nor_insights_nor_counts_can_change_a_member(production: Deployment) -> None:
    """M14, M16, M18: they read what they did, some also what they say, and nothing else can be reached."""
    looking = ("serve_simulations", "replay_members", "measure_members", "serve_segments", "count_members")
    for function in (*looking, "measure_campaign"):
        role = production.function(function)["Role"]["Fn::GetAtt"][0]
        on_members = [
            each for each in production.statements(role) if "ExportsOutputFnGetAttmembers" in str(each["Resource"])
        ]
        says = set() if function in {"serve_simulations", "measure_members"} else {"dynamodb:GetItem"}
        if function in {"count_members", "measure_campaign"}:
            says.add("dynamodb:BatchGetItem")
        assert {action for each in on_members for action in listed(each["Action"])} == {"dynamodb:Query", *says}


@pytest.mark.parametrize("function", sorted(set(ALLOWED) - {"serve_program"}))
def test_only_publishing_writes_the_programme(production: Deployment, function: str) -> None:
    role = production.function(function)["Role"]["Fn::GetAtt"][0]
    for statement in production.statements(role):
        if "PROGRAM" in str(statement.get("Condition")):
            assert statement["Action"] == "dynamodb:GetItem"


def test_the_deploy_workflow_borrows_the_roles_that_deploy_and_makes_keys(production: Deployment) -> None:
    """M37: no long-lived secret; one repository, in one environment."""
    (name,) = [name for name in production.of("AWS::IAM::Role") if name.startswith("workflow")]
    trust = production.resources[name]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:example/huitou:environment:production",
    }
    borrow, make_keys = production.statements(name)
    assert borrow["Action"] == "sts:AssumeRole"
    assert "*" not in str(borrow["Resource"])
    assert make_keys["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == ["KEYS", "AUDIT#*"]


def _asked_for(handler: Path) -> set[str]:
    """The variables behind the fields of the settings that a handler loads, its own or common ones."""
    code = handler.read_text("utf-8")
    trees = [ast.parse(text) for text in (code, *(path.read_text("utf-8") for path in COMPOSITIONS))]
    classes = {node.name: node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}

    def asked(name: str) -> set[str]:
        if name == "ProviderSettings":
            return OF_PROVIDERS
        if name == "Settings":
            return set()
        fields: list[Any] = [node for node in classes[name].body if isinstance(node, ast.AnnAssign)]
        bases = (base.id for base in classes[name].bases if isinstance(base, ast.Name))
        return {VARIABLES[field.annotation.id] for field in fields}.union(*map(asked, bases))

    return asked("MemberSettings" if "MemberSettings" in code else "Needs")
