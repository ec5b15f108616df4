"""Map the rooms, which are at the top level of the repository, to packages below `vouch`.

A room is imported as `vouch.ROOM` everywhere, so that no module of a user's own (`schemas.py`,
`index.py`) can take its place. Why, and what was tried:
docs/decisions/0019-rooms-are-imported-as-vouch-room.md.
"""

from setuptools import find_packages, setup

ROOMS = (
    "chunkers",
    "embedders",
    "flows",
    "index",
    "parsers",
    "pipeline",
    "reports",
    "schemas",
    "sources",
    "storage",
    "validators",
    "workers",
)
FOLDERS = {"vouch": "vouch"} | {f"vouch.{room}": room for room in ROOMS}

setup(
    packages=[
        name if package == "." else f"{name}.{package}"
        for name, folder in FOLDERS.items()
        for package in (".", *find_packages(folder))
    ],
    package_dir=FOLDERS,
    # Files that code reads, and the marker that lets type checkers use the annotations (PEP 561).
    package_data={
        "vouch": ["py.typed"],
        "vouch.reports": ["templates/**/*"],
        "vouch.service.pages": ["templates/*", "static/*"],
    },
)
