"""A set of measurements by name, printed one after the other as Markdown."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Suite:
    """`measurements` are by name: the module, whose `tables` are printed, and the folders of CORPORA that it reads."""

    module: str
    make: str
    measurements: Mapping[str, tuple[str, tuple[str, ...]]]

    def told(self, corpora: Path, names: list[str]) -> Iterator[str]:
        """Markdown of each measurement, as soon as it is known, with its seconds of wall time."""
        for name in names:
            module, _ = self.measurements[name]
            yield f"## {name}: `python -m {self.module} CORPORA {name}`"
            begun = time.perf_counter()
            yield from import_module(module).tables(corpora)
            yield f"{name} took {time.perf_counter() - begun:,.0f} s."

    def refusal(self, corpora: Path, names: list[str]) -> str | None:
        """What is wrong with the request and what to do, or None."""
        unknown = sorted(set(names) - set(self.measurements))
        if unknown:
            return f"there is no measurement {', '.join(unknown)}; there are {', '.join(self.measurements)}"
        folders = {folder for name in names for folder in self.measurements[name][1]}
        missing = sorted(folder for folder in folders if not (corpora / folder).is_dir())
        if missing:
            return (
                f"{corpora} lacks {', '.join(missing)}: pass the folder that holds the public collections, as in "
                f"`make {self.make} CORPORA=PATH`, or name what it holds, as in `python -m {self.module} PATH "
                f"{next(iter(self.measurements))}`"
            )
        return None

    def main(self, arguments: list[str]) -> None:
        """Print all that was asked for."""
        if not arguments:
            raise SystemExit(f"usage: python -m {self.module} CORPORA [NAME…]")
        corpora, names = Path(arguments[0]), arguments[1:] or list(self.measurements)
        wrong = self.refusal(corpora, names)
        if wrong:
            raise SystemExit(wrong)
        for part in self.told(corpora, names):
            print(part, end="\n\n", flush=True)
