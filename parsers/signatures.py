"""Media types of binary files: by signatures, by what a package contains, and by the name last.

The table has what must be exact, because a parser depends on it, and formats that people store
beside documents; puremagic knows the other signatures.
"""

import mimetypes
import re
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePosixPath

import puremagic

from vouch.parsers.common.cms_header import is_cms
from vouch.parsers.common.tar_header import is_tar
from vouch.parsers.engines import canonical
from vouch.parsers.format_names import OLE, UNKNOWN, is_telling

# By the bytes at the beginning.
_PREFIXES = {
    b"\x1f\x8b": "application/gzip",
    b"\xfd7zXZ\0": "application/x-xz",
    b"\x28\xb5\x2f\xfd": "application/zstd",
    b"7z\xbc\xaf\x27\x1c": "application/x-7z-compressed",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"II*\0": "image/tiff",
    b"MM\0*": "image/tiff",
    b"II+\0": "image/tiff",
    b"MM\0+": "image/tiff",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"WARC/": "application/warc",
    b"filedesc://": "application/warc",
    b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3": "application/onenote",
    b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f": "application/onenote",
    b"ITSF": "application/vnd.ms-htmlhelp",
    b"?_\x03\0": "application/winhlp",
    b'x\x9f>"': "application/ms-tnef",
    b"!BDN": "application/vnd.ms-outlook-pst",
    b"\0\1\0\0Standard Jet DB": "application/x-msaccess",
    b"\0\1\0\0Standard ACE DB": "application/x-msaccess",
    b"Rar!\x1a\x07": "application/vnd.rar",
    b"Cr24": "application/x-xpinstall",
    b"MSCF": "application/vnd.ms-cab-compressed",
    b"\x1f\x9d": "application/x-compress",
    b"\x04\x22\x4d\x18": "application/x-lz4",
    b"!<arch>\ndebian": "application/x-debian-package",
    b"\xed\xab\xee\xdb": "application/x-rpm",
    b"AT&TFORM": "image/vnd.djvu",
    b"ITOLITLS": "application/x-ms-reader",
    b"\xffWPC": "application/wordperfect",
    b"\xf7\x02": "application/x-dvi",
    b"SQLite format 3\0": "application/vnd.sqlite3",
    b"PAR1": "application/vnd.apache.parquet",
    b"ARROW1\0\0": "application/vnd.apache.arrow.file",
    b"\x89HDF\r\n\x1a\n": "application/x-hdf5",
    b"\x7fELF": "application/x-elf",
    b"\xcf\xfa\xed\xfe": "application/x-mach-binary",
    b"\xce\xfa\xed\xfe": "application/x-mach-binary",
    b"\xca\xfe\xba\xbe": "application/java-vm",
    b"\0asm": "application/wasm",
    b"\n\r\r\n": "application/vnd.tcpdump.pcap",
    b"\xd4\xc3\xb2\xa1": "application/vnd.tcpdump.pcap",
    b"\xa1\xb2\xc3\xd4": "application/vnd.tcpdump.pcap",
    b"\xd7\xcd\xc6\x9a": "image/wmf",
    b"AC10": "image/vnd.dwg",
    b"\0\0\0\x0cjP  ": "image/jp2",
    b"fLaC": "audio/flac",
    b"OggS": "audio/ogg",
    b"\xc5\xd0\xd3\xc6": "application/postscript",
    b"KDMV": "application/x-vmdk",
    b"%!PS": "application/postscript",
    b"\x04%!PS": "application/postscript",
    b"%!FontType": "application/postscript",
    b"/* XPM */": "image/x-xpixmap",
    b"\xff\x4f\xff\x51": "image/jp2",
    b"\x93NUMPY": "application/x-numpy",
    b"STARTFONT 2.": "font/x-bdf",
    b"StartFontMetrics": "font/x-afm",
    b"SIMPLE  =": "image/fits",
}
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
# Its usual properties, a dictionary of up to 64 MB, and a size that is unknown or below a terabyte.
_LZMA = re.compile(rb"]\0\0.[\0-\x04](?:\xff{8}|.{5}\0{3})", re.DOTALL)
_SKIPPABLE_ZSTANDARD = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18", re.DOTALL)
# A Windows bitmap: size, four reserved zero bytes, offset, then the size of one of the headers.
_BITMAP = re.compile(rb"BM.{4}\0{4}.{4}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL)
# Brands of the ISO base media format (ISO/IEC 14496-12), after the size of the first box.
_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
    b"msf1": "image/heic",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
# Pictures whose pixels are figures (Netpbm), after their width and height.
_NETPBM = re.compile(rb"P[1-3]\s{,9}\n(?:#[^\n]{,200}\n){,9}\s{,9}\d{1,9}\s+\d{1,9}\s+\d")
# A file of nothing but certificates and keys (RFC 7468).
_PEM = re.compile(
    rb"(?:\s*-----BEGIN [A-Z0-9 ]{,40}(?:CERTIFICATE|KEY|PARAMETERS|CRL|REQUEST)-----"
    rb"[A-Za-z0-9+/=\s]++-----END [A-Z0-9 ]{,60}-----)+\s*"
)
# A CMS message (RFC 5652) as text.
_CMS_PEM = re.compile(rb"\s*-----BEGIN (?:PKCS7|CMS|PKCS #7 SIGNED DATA)-----")
# By the name, where the content says nothing.
_SUFFIXES = {
    ".one": "application/onenote",
    ".onetoc2": "application/onenote",
    ".chm": "application/vnd.ms-htmlhelp",
    ".hlp": "application/winhlp",
    ".pub": "application/vnd.ms-publisher",
    ".mpp": "application/vnd.ms-project",
    ".msi": "application/x-msi",
    ".vsd": "application/vnd.visio",
    ".mdb": "application/x-msaccess",
    ".accdb": "application/x-msaccess",
    ".pst": "application/vnd.ms-outlook-pst",
    ".ost": "application/vnd.ms-outlook-pst",
    ".mobi": "application/x-mobipocket-ebook",
    ".azw": "application/x-mobipocket-ebook",
    ".azw3": "application/x-mobipocket-ebook",
    ".wpd": "application/wordperfect",
    ".wps": "application/vnd.ms-works",
    ".iso": "application/x-iso9660-image",
    ".dmg": "application/x-apple-diskimage",
    ".vmdk": "application/x-vmdk",
    ".dbf": "application/vnd.dbf",
    ".pcapng": "application/vnd.tcpdump.pcap",
    ".m4a": "audio/mp4",
    ".lzma": "application/x-lzma",
    ".p7m": "application/pkcs7-mime",
    ".p7s": "application/pkcs7-signature",
    ".heic": "image/heic",
}
# Without the machine's own mime.types, so that a type is the same on every machine.
_TYPES = mimetypes.MimeTypes(filenames=())
# Packages that are zips: what distinguishes them from a folder in a zip. In order; `folder/` means
# anything in a folder. Formats that declare themselves in a member `mimetype` need no mark.
_PACKAGE_MARKS = (
    ("[content_types].xml", "visio/", "application/vnd.ms-visio.drawing"),
    ("[content_types].xml", "3d/", "model/3mf"),
    ("[content_types].xml", "fixeddocumentsequence.fdseq", "application/vnd.ms-xpsdocument"),
    ("[content_types].xml", "fixeddocseq.fdseq", "application/vnd.ms-xpsdocument"),
    ("[content_types].xml", "documents/", "application/vnd.ms-xpsdocument"),
    ("[content_types].xml", "theme/", "application/vnd.ms-officetheme"),
    ("[content_types].xml", "extension.vsixmanifest", "application/vsix"),
    ("[content_types].xml", "*.nuspec", "application/x-nuget"),
    ("[content_types].xml", "", "application/vnd.openxmlformats-package"),
    ("_rels/.rels", "", "application/vnd.openxmlformats-package"),
    ("index/document.iwa", "", "application/vnd.apple.iwork"),
    ("index.zip", "metadata/", "application/vnd.apple.iwork"),
    ("index.apxl", "", "application/vnd.apple.keynote"),
    ("index.apxl.gz", "", "application/vnd.apple.keynote"),
    ("index.xml", "buildversionhistory.plist", "application/vnd.apple.iwork"),
    ("index.xml.gz", "", "application/vnd.apple.iwork"),
    ("meta-inf/container.xml", "*.opf", "application/epub+zip"),
    ("androidmanifest.xml", "", "application/vnd.android.package-archive"),
    ("payload/", "itunesmetadata.plist", "application/x-ios-app"),
    ("meta-inf/manifest.mf", "", "application/java-archive"),
    ("meta-inf/mozilla.rsa", "", "application/x-xpinstall"),
    ("*.dist-info/wheel", "", "application/x-python-wheel"),
    ("egg-info/pkg-info", "", "application/x-python-wheel"),
    ("meta-inf/manifest.xml", "content.xml", "application/x-package"),
)
PACKAGE = "application/x-package"
_PACKAGE_SUFFIXES = {
    ".key": "application/vnd.apple.keynote",
    ".keynote": "application/vnd.apple.keynote",
    ".numbers": "application/vnd.apple.numbers",
    ".pages": "application/vnd.apple.pages",
    ".vsdx": "application/vnd.ms-visio.drawing",
    ".vsdm": "application/vnd.ms-visio.drawing",
    ".xps": "application/vnd.ms-xpsdocument",
    ".oxps": "application/vnd.ms-xpsdocument",
    ".dwfx": "application/vnd.ms-xpsdocument",
    ".thmx": "application/vnd.ms-officetheme",
    ".3mf": "model/3mf",
    ".jar": "application/java-archive",
    ".war": "application/java-archive",
    ".ear": "application/java-archive",
    ".apk": "application/vnd.android.package-archive",
    ".aab": "application/vnd.android.package-archive",
    ".ipa": "application/x-ios-app",
    ".whl": "application/x-python-wheel",
    ".egg": "application/x-python-wheel",
    ".nupkg": "application/x-nuget",
    ".vsix": "application/vsix",
    ".xpi": "application/x-xpinstall",
    ".crx": "application/x-xpinstall",
    ".xmind": "application/x-xmind",
    ".idml": "application/vnd.adobe.indesign-idml-package",
    ".sxw": "application/vnd.sun.xml.writer",
    ".sxc": "application/vnd.sun.xml.calc",
    ".sxi": "application/vnd.sun.xml.impress",
    ".sxd": "application/vnd.sun.xml.draw",
} | dict.fromkeys(
    ".mmap .sketch .fig .afpub .procreate .xd .aia .pbix .pbit .twbx .tfl .mcworld .kra .ora .ggb "
    ".mscz .usdz .shapr .f3d .fcstd .mtz .oxt .xlam .ppam .accdt .appx .msix .snupkg .love .pk3 "
    ".mbtiles .gpkg .sb3 .sb2 .npz .keras .pt .pth .ckpt".split(),
    PACKAGE,
)
_FORMAT_SUFFIX = re.compile(r"\.[a-z][a-z0-9_-]{1,11}")
_ZIP_SUFFIXES = frozenset(
    ".zip .zipx .kmz .cbz .bak .backup .dat .data .download .file .old .orig .part .tmp".split()
)


def container_type(data: bytes) -> str | None:
    """Return the media type of a file whose signature is certain; None for other files."""
    head = data[:64]
    if head.startswith(b"\x1f\x8b") and _gunzipped(data).startswith((b"WARC/", b"filedesc://")):
        return "application/warc"
    for prefix, media_type in _PREFIXES.items():
        if head.startswith(prefix):
            return media_type
    if _BZIP2.match(head):
        return "application/x-bzip2"
    if _LZMA.match(head):
        return "application/x-lzma"
    if _SKIPPABLE_ZSTANDARD.match(head):
        return "application/zstd"
    if _BITMAP.match(head):
        return "image/bmp"
    if head.startswith(b"RIFF") and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp" and head[8:12] in _BRANDS:
        return _BRANDS[head[8:12]]
    if is_cms(head) or _CMS_PEM.match(head):
        return "application/pkcs7-mime"
    if _NETPBM.match(data[:4_000]):
        return "image/x-portable-anymap"
    if _PEM.fullmatch(data):
        return "application/x-pem-file"
    if data[60:68] == b"BOOKMOBI":
        return "application/x-mobipocket-ebook"
    if data.startswith(b"MZ") and b"\0" in head:
        return "application/vnd.microsoft.portable-executable"
    return "application/x-tar" if is_tar(data[:512]) else None


def package_type(names: Sequence[str], suffix: str) -> str:
    """Return the media type of a zip: of the package that it is, `application/zip` for a folder.

    `names` are those of its members.
    """
    if suffix in _PACKAGE_SUFFIXES:
        return _PACKAGE_SUFFIXES[suffix]
    parts = {name.replace("\\", "/").lstrip("/").lower() for name in names}
    for first, second, media_type in _PACKAGE_MARKS:
        if _has(parts, first) and _has(parts, second):
            return media_type
    # The name of a format that is not known: its files say nothing without the program. A name of
    # another known format is wrong, as that of data in general says nothing.
    is_format = _FORMAT_SUFFIX.fullmatch(suffix) and suffix not in _ZIP_SUFFIXES
    return PACKAGE if is_format and not _TYPES.guess_type(f"a{suffix}")[0] else "application/zip"


def ole_type(kind: str, suffix: str) -> str:
    """Return the media type of an OLE container of `kind`; its name may say more."""
    return _SUFFIXES.get(suffix, kind) if kind == OLE else kind


def binary_type(data: bytes, name: str) -> str:
    """Return the media type of a file that is neither text nor a known container.

    `UNKNOWN` only where neither content nor name says more.
    """
    by_name = _SUFFIXES.get(PurePosixPath(name.lower()).suffix) or _TYPES.guess_type(name)[0]
    # Signatures are near the beginning of a file.
    with suppress(puremagic.PureError, ValueError):
        for match in puremagic.magic_string(data[:100_000], filename=name):
            guessed = match.mime_type or _TYPES.guess_type(f"a{match.extension}")[0] or ""
            if not is_telling(match.byte_match) or match.confidence < 0.5:
                break
            by_suffix = _SUFFIXES.get(match.extension)
            if by_suffix or guessed not in ("", UNKNOWN):
                guessed = by_suffix or guessed
                return canonical(guessed)
    return canonical(by_name) if by_name else UNKNOWN


def _has(parts: set[str], mark: str) -> bool:
    if not mark:
        return True
    if mark.startswith("*"):
        return any(part.endswith(mark[1:]) for part in parts)
    if mark.endswith("/"):
        return any(part.startswith(mark) for part in parts)
    return mark in parts


def _gunzipped(data: bytes) -> bytes:
    with suppress(zlib.error):
        return zlib.decompressobj(wbits=31).decompress(data[:4_000], 64)
    return b""
