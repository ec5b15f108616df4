"""Registers the automations of Prefect's server: `python -m vouch.flows.automations`, as `make
deploy` does after it has registered the deployments.

Whom they notify is in `alerts.to` of the settings: each receiver becomes a notification block of
the server.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.blocks.notifications import CustomWebhookNotificationBlock, SlackWebhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.schemas.automations import AutomationCore
from prefect.settings import PREFECT_UI_URL
from pydantic import SecretStr
from ruamel.yaml import YAML

from vouch.flows.strict_parameters import refuse_unknown_parameters
from vouch.pipeline.context.settings_loader import read_settings
from vouch.reports.outbox import apprise_service
from vouch.schemas.errors import VouchError
from vouch.schemas.process.environment import interpolate

_BLOCK = "vouch-alerts-"
# An automation must have an action; without receivers its trigger still shows in the pages.
_DO_NOTHING = {"type": "do-nothing"}


def register(path: Path, receivers: Sequence[str]) -> list[str]:
    """Replace the automations by those of the file, and return their names.

    `receivers` are targets of alerts, with their secrets filled in.
    """
    with get_client(sync_client=True) as client:
        blocks = _blocks(client, receivers)
        automations = [
            _automation(definition, blocks)
            for definition in YAML(typ="safe").load(path)["automations"]
        ]
        existing = {automation.name: automation.id for automation in client.read_automations()}
        for automation in automations:
            if automation.name in existing:
                client.delete_automation(existing[automation.name])
            client.create_automation(automation)
    return [automation.name for automation in automations]


def _automation(definition: dict[str, Any], blocks: Sequence[UUID]) -> AutomationCore:
    """Return the automation, with each notification once for each block."""
    actions = [
        action | {"block_document_id": block} if block else action
        for action in definition["actions"]
        for block in (blocks if action["type"] == "send-notification" else [None])
    ]
    return AutomationCore.model_validate(definition | {"actions": actions or [_DO_NOTHING]})


def _blocks(client: SyncPrefectClient, receivers: Sequence[str]) -> list[UUID]:
    """Make a block for each receiver. Earlier blocks are deleted first: their receivers may be
    gone.
    """
    for block in client.read_block_documents():
        if block.name and block.name.startswith(_BLOCK):
            client.delete_block_document(block.id)
    blocks: list[Any] = [_block(target) for target in receivers]
    return [block.save(f"{_BLOCK}{number}", _sync=True) for number, block in enumerate(blocks)]


def _block(target: str) -> SlackWebhook | CustomWebhookNotificationBlock:
    """Return a block that sends as `vouch.reports.outbox.alert_sender` does, with a secret address.

    Prefect has no block by the name of Apprise; its block for Slack accepts every Apprise URL.
    """
    if apprise_service(target):
        return SlackWebhook(url=SecretStr(target), notify_type="failure")
    message = {"title": "{{subject}}", "body": "{{body}}", "notify_type": "failure"}
    fields: Any = {
        "name": "Vouch",
        "url": "{{address}}",
        "json_data": message,
        "secrets": {"address": target},
    }
    return CustomWebhookNotificationBlock(**fields)


def main() -> None:
    """`python -m vouch.flows.automations [SETTINGS [AUTOMATIONS]]`."""
    settings, automations = (
        *sys.argv[1:],
        *("vouch.yaml", "prefect-automations.yaml")[len(sys.argv) - 1 :],
    )
    receivers = [
        interpolate(target)[0] for target in read_settings(Path(settings)).settings.alerts.to
    ]
    with get_client(sync_client=True) as client:
        refuse_unknown_parameters(client)
    names = register(Path(automations), receivers)
    if not PREFECT_UI_URL.value():
        print("alerts have no link to their run: set PREFECT_UI_URL to where people open Prefect")
    print(f"{len(names)} automations: {', '.join(names)}; alerts go to {len(receivers)}")


if __name__ == "__main__":
    try:
        main()
    except VouchError as error:
        sys.exit(f"vouch: {error}")
