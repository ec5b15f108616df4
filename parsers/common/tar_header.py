"""Recognise a tar by its first header."""

BLOCK = 512  # bytes of a header
_CHECKSUM = slice(148, 156)


def is_tar(head: bytes) -> bool:
    """Return whether a file that begins with `head` is a tar: its header's checksum proves it."""
    if len(head) < BLOCK or not head[0]:
        return False
    header = head[:BLOCK]
    digits = header[_CHECKSUM].strip(b"\0 ")
    if not digits or digits.strip(b"01234567"):
        return False
    blank = header[: _CHECKSUM.start] + b" " * 8 + header[_CHECKSUM.stop :]
    # Some old writers summed signed bytes.
    signed = sum(byte - 256 if byte > 127 else byte for byte in blank)
    return int(digits, 8) in (sum(blank), signed)
