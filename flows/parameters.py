"""What a person may fill in when a flow is started by hand: in the form of Prefect's pages, or
through its API.

The server refuses what does not fit before a run is made.
"""

from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import Field

_DATE = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$"

Config: TypeAlias = Annotated[str, Field(min_length=1, description="The settings file")]
Time: TypeAlias = Annotated[
    datetime,
    Field(
        description="2026-01-31, or with a time; UTC unless it says otherwise",
        json_schema_extra={"pattern": _DATE},
    ),
]
Sources: TypeAlias = Annotated[
    list[str], Field(min_length=1, description="Names of sources; empty takes all")
]
PathPattern: TypeAlias = Annotated[
    str, Field(min_length=1, description="Documents whose path fits, as in .gitignore")
]
Reasons: TypeAlias = Annotated[
    list[str], Field(min_length=1, description="Documents in quarantine for these reasons")
]
Limit: TypeAlias = Annotated[
    int, Field(ge=1, description="A run that would take more stops before it starts")
]
Wait: TypeAlias = Annotated[
    float, Field(ge=0, description="Seconds to wait for another run of its kind")
]
Days: TypeAlias = Annotated[float, Field(gt=0, description="How far back")]
Golden: TypeAlias = Annotated[
    str,
    Field(min_length=1, description="Golden queries; empty takes the file that the settings name"),
]
