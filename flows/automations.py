"""Registers what Prefect's server does by itself: `python -m vouch.flows.automations`, which `make deploy` calls.

Whom it tells is said once, in `alerts.to` of the settings: each receiver becomes a notification block of the server.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.blocks.notifications import CustomWebhookNotificationBlock, SlackWebhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.schemas.automations import AutomationCore
from pydantic import SecretStr
from ruamel.yaml import YAML

from vouch.pipeline.context.settings_loader import read_settings
from vouch.reports.outbox import apprise_service
from vouch.schemas.environment import interpolate
from vouch.schemas.errors import VouchError

_BLOCK = "vouch-alerts-"
_NOTHING = {
    "type": "do-nothing"
}  # an automation has an action: its trigger shows in the pages also where nobody is told


def register(path: Path, receivers: Sequence[str]) -> list[str]:
    """The automations of the file, anew; returns their names. `receivers` are filled-in targets of alerts."""
    with get_client(sync_client=True) as client:
        blocks = _blocks(client, receivers)
        automations = [
            _automation(told, blocks) for told in YAML(typ="safe").load(path)["automations"]
        ]
        held = {one.name: one.id for one in client.read_automations()}
        for one in automations:
            if one.name in held:
                client.delete_automation(held[one.name])
            client.create_automation(one)
    return [one.name for one in automations]


def _automation(told: dict[str, Any], blocks: Sequence[UUID]) -> AutomationCore:
    """Each notification once a block."""
    actions = [
        action | {"block_document_id": block} if block else action
        for action in told["actions"]
        for block in (blocks if action["type"] == "send-notification" else [None])
    ]
    return AutomationCore.model_validate(told | {"actions": actions or [_NOTHING]})


def _blocks(client: SyncPrefectClient, receivers: Sequence[str]) -> list[UUID]:
    """Those that were made before go first, so that no receiver stays that is named no more."""
    for held in client.read_block_documents():
        if held.name and held.name.startswith(_BLOCK):
            client.delete_block_document(held.id)
    blocks: list[Any] = [_block(target) for target in receivers]
    return [block.save(f"{_BLOCK}{number}", _sync=True) for number, block in enumerate(blocks)]


def _block(target: str) -> SlackWebhook | CustomWebhookNotificationBlock:
    """As `vouch.reports.outbox.alert_sender` sends to it. The address is kept as a secret.

    Prefect has no block by the name of Apprise; that for Slack hands on whatever Apprise knows.
    """
    if apprise_service(target):
        return SlackWebhook(url=SecretStr(target), notify_type="failure")
    message = {"title": "{{subject}}", "body": "{{body}}", "notify_type": "failure"}
    told: Any = {
        "name": "Vouch",
        "url": "{{address}}",
        "json_data": message,
        "secrets": {"address": target},
    }
    return CustomWebhookNotificationBlock(**told)


def main() -> None:
    """`python -m vouch.flows.automations [SETTINGS [AUTOMATIONS]]`."""
    settings, automations = (
        *sys.argv[1:],
        *("vouch.yaml", "prefect-automations.yaml")[len(sys.argv) - 1 :],
    )
    receivers = [interpolate(target)[0] for target in read_settings(Path(settings)).settings.alerts.to]
    names = register(Path(automations), receivers)
    print(f"{len(names)} automations: {', '.join(names)}; alerts go to {len(receivers)}")


if __name__ == "__main__":
    try:
        main()
    except VouchError as error:
        sys.exit(f"vouch: {error}")
