"""Recognise a CMS message (RFC 5652): signed, encrypted or compressed data."""

import re

# A sequence of any length that begins with an identifier of pkcs-7, or of compressed (RFC 3274) or
# authenticated enveloped data (RFC 5083).
_CMS = re.compile(
    rb"0(?:\x80|[\x01-\x7f]|[\x81-\x84].{1,4}?)\x06(?:"
    rb"\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07[\x01-\x06]"
    rb"|\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01[\x09\x17])",
    re.DOTALL,
)


def is_cms(data: bytes) -> bool:
    """Return whether bytes begin as a CMS message in its binary form."""
    return _CMS.match(data[:40]) is not None
