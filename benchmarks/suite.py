"""A set of named measurements, printed one after the other as Markdown."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Suite:
    """Measurements by name: a module with `tables`, and the folders of CORPORA that it reads."""

    module: str
    make: str
    measurements: Mapping[str, tuple[str, tuple[str, ...]]]

    def results(self, corpora: Path, names: list[str]) -> Iterator[str]:
        """Yield the tables of each measurement as soon as it has them, then its wall time."""
        for name in names:
            module, _ = self.measurements[name]
            yield f"## {name}: `python -m {self.module} CORPORA {name}`"
            start = time.perf_counter()
            yield from import_module(module).tables(corpora)
            yield f"{name} took {time.perf_counter() - start:,.0f} s."

    def refusal(self, corpora: Path, names: list[str]) -> str | None:
        """Return why a request cannot be fulfilled and what to do about it, or None."""
        unknown = sorted(set(names) - set(self.measurements))
        if unknown:
            return (
                f"there is no measurement {', '.join(unknown)}; "
                f"there are {', '.join(self.measurements)}"
            )
        folders = {folder for name in names for folder in self.measurements[name][1]}
        missing = sorted(folder for folder in folders if not (corpora / folder).is_dir())
        if missing:
            return (
                f"{corpora} lacks {', '.join(missing)}: pass the folder of the public collections,"
                f" as in `make {self.make} CORPORA=PATH`, or name measurements that need only what"
                f" it has, as in `python -m {self.module} PATH {next(iter(self.measurements))}`"
            )
        return None

    def main(self, arguments: list[str]) -> None:
        """Print the measurements that the arguments name; exit with a message on a bad request."""
        if not arguments:
            raise SystemExit(f"usage: python -m {self.module} CORPORA [NAME…]")
        corpora, names = Path(arguments[0]), arguments[1:] or list(self.measurements)
        refusal = self.refusal(corpora, names)
        if refusal:
            raise SystemExit(refusal)
        for part in self.results(corpora, names):
            print(part, end="\n\n", flush=True)
