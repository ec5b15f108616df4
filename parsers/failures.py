"""What an error of a parser's library says about a document, in words.

Libraries raise anything on bad input: their own errors where they notice the damage, and those of
Python where they run into it.
"""

import binascii
import errno
import lzma
import struct
import tarfile
import zipfile
import zlib

from lxml import etree

from vouch.parsers.common.findings import finding
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

# Errors of the machine, whatever the document is.
_OF_THE_MACHINE = frozenset(
    (
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.EAGAIN,
        errno.EIO,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
    )
)
# Errors that nothing but the content of a file causes.
_OF_THE_CONTENT = (
    EOFError,
    UnicodeError,
    binascii.Error,
    etree.LxmlError,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


def rejected_for(error: Exception, parser: str) -> DocumentRejected:
    """Return the rejection of a document at which the library of `parser` raised `error`."""
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        message = (
            f"this machine did not let the {parser} parser work: {error.strerror}; the document is "
            "tried again later"
        )
        return DocumentRejected(Reason.PARSER_CRASHED, message)
    words = finding(error)
    # Libraries raise their own kinds of OSError, without a number, where a file breaks its format.
    if isinstance(error, _OF_THE_CONTENT) or (isinstance(error, OSError) and error.errno is None):
        message = f"the file is damaged, or not what it says it is, as {words}"
        return DocumentRejected(Reason.MALFORMED, message)
    message = f"the {parser} parser cannot read the file, which is damaged or unusual, as {words}"
    return DocumentRejected(Reason.PARSER_ERROR, message)
