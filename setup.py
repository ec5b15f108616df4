"""Map the rooms, which stand at the top level of the repository, to packages below `vouch`.

A room is imported as `vouch.ROOM` everywhere, so that no module of a user's own (`schemas.py`, `index.py`) can take its
place. The decision is recorded in docs/decisions/.
"""

from setuptools import find_packages, setup

ROOMS = (
    "chunkers", "embedders", "flows", "index", "parsers", "pipeline", "reports", "schemas", "sources", "validators", "workers",
)  # fmt: skip

setup(
    packages=[
        "vouch",
        "vouch.commands",
        *(
            f"vouch.{room}{rest}"
            for room in ROOMS
            for rest in ("", *(f".{p}" for p in find_packages(room)))
        ),
    ],
    package_dir={"vouch": "vouch"} | {f"vouch.{room}": room for room in ROOMS},
)
