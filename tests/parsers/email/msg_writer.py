"""Storages of Outlook messages, written property by property."""

import struct

from oxmsg.storage import Storage, Stream

from vouch.parsers.email.outlook.mapi_properties import HEADER_MESSAGE

WIDE, NARROW, BINARY = 0x001F, 0x001E, 0x0102


def stream(property_id: int, value_type: int, value: bytes) -> Stream:
    """Return a text or binary property."""
    return Stream(f"__substg1.0_{property_id:04X}{value_type:04X}", value)


def fixed(header: int, **values: int) -> Stream:
    """Return the properties of fixed size; a property id is written as `x3FDE`."""
    records = b"".join(
        struct.pack("<HHIq", 3, int(name[1:], 16), 0, value) for name, value in values.items()
    )
    return Stream("__properties_version1.0", b"\0" * header + records)


def message(*streams: Stream, storages: tuple[Storage, ...] = ()) -> Storage:
    """Return the storage of a message."""
    return Storage("", (fixed(HEADER_MESSAGE), *streams), storages)
