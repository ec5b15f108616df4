"""What a person fills in: the search, read from an address, and forms that are sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from pydantic import ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request

from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.wrong_values import wrong_field
from vouch.service.answers import SearchRequest

_MAX_FIELDS = 100
_VALUE = "v."


@dataclass(frozen=True, slots=True)
class SearchForm:
    """The search as a person has filled it in, right or wrong.

    `values` are those of the profile's parameters, by name; several in one are parted by commas.
    """

    q: str = ""
    profile: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    filters: str = ""
    mode: str = ""
    breadth: str = ""
    k: str = ""
    explain: bool = False

    @classmethod
    def of(cls, parameters: QueryParams) -> "SearchForm":
        """Return what the parameters of an address say."""
        texts = ("q", "profile", "filters", "mode", "breadth", "k")
        values = {
            name.removeprefix(_VALUE): value
            for name, value in parameters.items()
            if name.startswith(_VALUE) and value.strip()
        }
        return cls(
            **{name: parameters.get(name, "").replace("\x00", "") for name in texts},
            values=values,
            explain=bool(parameters.get("explain")),
        )

    @property
    def is_special(self) -> bool:
        """Whether anything but the query is filled in, which a person wants to see then."""
        more = (self.profile, self.filters.strip(), self.mode, self.breadth, self.k)
        return any(more) or bool(self.values) or self.explain

    def request(self) -> SearchRequest:
        """Return it as the JSON routes take it. Raises `SettingsError` where a field is wrong."""
        fields = {
            "query": self.q,
            "profile": self.profile or None,
            "values": {name: _entries(value) for name, value in self.values.items()},
            "filters": [line.strip() for line in self.filters.splitlines() if line.strip()],
            "mode": self.mode or None,
            "breadth": self.breadth or None,
            "k": self.k or None,
            "explain": self.explain,
        }
        try:
            return SearchRequest.model_validate(fields)
        except ValidationError as error:
            raise SettingsError(wrong_field(error.errors()[0])) from error

    def address(self, **changed: str) -> str:
        """Return the address of this search, with other values."""
        own = {"q": self.q, "profile": self.profile, "filters": self.filters, "mode": self.mode}
        own |= {"breadth": self.breadth, "k": self.k, "explain": "1" if self.explain else ""}
        own |= {f"{_VALUE}{name}": value for name, value in self.values.items()} | changed
        return f"/?{urlencode({name: value for name, value in own.items() if value})}"


def _entries(value: str) -> str | list[str]:
    entries = [entry.strip() for entry in value.split(",") if entry.strip()]
    return entries if len(entries) > 1 else value.strip()


def number(parameters: Mapping[str, str], name: str, default: int) -> int:
    """Return a whole number of an address. Raises `SettingsError` where it is none."""
    text = parameters.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise SettingsError(f"{name} is {text[:20]!r}, and must be a whole number")
    return int(text)


async def sent_form(request: Request) -> dict[str, str]:
    """Return the fields of a form that was sent. Raises `SettingsError` where it is none."""
    try:
        text = (await request.body()).decode("utf-8")
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise SettingsError("the form cannot be read; go back and send it again") from error
    return {name: value.replace("\r\n", "\n").replace("\x00", "") for name, value in fields}
