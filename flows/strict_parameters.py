"""Lets the server refuse parameters that a deployment does not have.

Prefect itself passes them on to the flow, whose process then ends without a word of Vouch's.
"""

from difflib import get_close_matches
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.responses import DeploymentResponse

from vouch.schemas.errors import SettingsError

_TAG = "vouch"


def refuse_unknown_parameters(client: SyncPrefectClient) -> None:
    """Let the server refuse unknown parameters of all deployments of Vouch.

    Raises `SettingsError` where a deployment or a schedule of it has one already.
    """
    tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=[_TAG]))
    for deployment in client.read_deployments(deployment_filter=tagged):
        schema: dict[str, Any] = dict(deployment.parameter_openapi_schema or {})
        _check(deployment, list(schema.get("properties", {})))
        schema["additionalProperties"] = False
        change = {"parameter_openapi_schema": schema}
        client.request("PATCH", "/deployments/{id}", path_params={"id": deployment.id}, json=change)


def _check(deployment: DeploymentResponse, names: list[str]) -> None:
    given = [deployment.parameters, *(schedule.parameters for schedule in deployment.schedules)]
    for name in {name for parameters in given for name in parameters if name not in names}:
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(names)}"
        raise SettingsError(
            f"the deployment {deployment.name} has no parameter {name}; {hint} Correct "
            "prefect.yaml and deploy again: until then its runs fail"
        )
