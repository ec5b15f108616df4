"""Names of formats in words, for the messages about documents that no parser reads.

What the table lacks is named by puremagic, which knows some 1,500 signatures, or by its kind.
"""

from contextlib import suppress
from pathlib import PurePosixPath

import puremagic

OLE = "application/x-ole-storage"
UNKNOWN = "application/octet-stream"

_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_SUN = "application/vnd.sun.xml."
NAMES = {
    _OPEN_DOCUMENT + "chart": "an OpenDocument chart",
    _OPEN_DOCUMENT + "formula": "an OpenDocument formula",
    _OPEN_DOCUMENT + "image": "an OpenDocument image",
    _OPEN_DOCUMENT + "base": "an OpenDocument database",
    _OPEN_DOCUMENT + "database": "an OpenDocument database",
    _SUN + "writer": "an OpenOffice 1 text",
    _SUN + "calc": "an OpenOffice 1 spreadsheet",
    _SUN + "impress": "an OpenOffice 1 presentation",
    _SUN + "draw": "an OpenOffice 1 drawing",
    "application/onenote": "a Microsoft OneNote section",
    "application/vnd.ms-htmlhelp": "a compiled HTML help file (CHM)",
    "application/winhlp": "a Windows help file",
    "application/vnd.visio": "a Microsoft Visio drawing",
    "application/vnd.ms-visio.drawing": "a Microsoft Visio drawing",
    "application/vnd.ms-publisher": "a Microsoft Publisher document",
    "application/vnd.ms-project": "a Microsoft Project plan",
    "application/vnd.ms-works": "a Microsoft Works document",
    "application/x-msaccess": "a Microsoft Access database",
    "application/vnd.ms-outlook-pst": "an Outlook mail store (PST)",
    "application/vnd.ms-xpsdocument": "an XPS document",
    "application/vnd.ms-officetheme": "an Office theme",
    "application/vnd.openxmlformats-package": "a package of an unknown Office Open XML format",
    "application/x-msi": "a Windows installer package",
    OLE: "an OLE container of an unknown application",
    "application/vnd.apple.keynote": "an Apple Keynote presentation",
    "application/vnd.apple.numbers": "an Apple Numbers spreadsheet",
    "application/vnd.apple.pages": "an Apple Pages document",
    "application/vnd.apple.iwork": "an Apple iWork document",
    "application/wordperfect": "a WordPerfect document",
    "application/x-mobipocket-ebook": "a Mobipocket or Kindle book",
    "application/x-ms-reader": "a Microsoft Reader book",
    "image/vnd.djvu": "a DjVu document",
    "application/postscript": "a PostScript file",
    "application/x-dvi": "a TeX DVI file",
    "application/vnd.rar": "a RAR archive",
    "application/x-lz4": "an LZ4 compressed file",
    "application/arj": "an ARJ archive",
    "application/x-ace": "an ACE archive",
    "application/x-archive": "a Unix archive (ar)",
    "application/x-cpio": "a cpio archive",
    "application/x-lha": "an LHA archive",
    "application/x-lzip": "a file compressed by lzip",
    "application/x-compress": "a file compressed by compress (.Z)",
    "application/vnd.ms-cab-compressed": "a Windows cabinet archive",
    "application/x-iso9660-image": "an image of a CD or DVD",
    "application/x-vmdk": "a VMware disk image",
    "application/x-apple-diskimage": "an Apple disk image",
    "application/x-debian-package": "a Debian package",
    "application/x-rpm": "an RPM package",
    "application/java-archive": "a Java archive",
    "application/java-vm": "a Java class",
    "application/vnd.android.package-archive": "an Android package",
    "application/x-ios-app": "an iOS package",
    "application/x-python-wheel": "a Python package",
    "application/x-nuget": "a NuGet package",
    "application/vsix": "a Visual Studio extension",
    "application/x-xpinstall": "a browser extension",
    "application/x-xmind": "an XMind map",
    "application/x-package": "a package of an unknown format",
    "application/vnd.adobe.indesign-idml-package": "an InDesign document",
    "model/3mf": "a 3MF model",
    "application/vnd.microsoft.portable-executable": "a Windows program",
    "application/x-elf": "a Linux program",
    "application/x-mach-binary": "a macOS program",
    "application/wasm": "a WebAssembly program",
    "application/vnd.sqlite3": "an SQLite database",
    "application/vnd.apache.parquet": "a Parquet table",
    "application/vnd.apache.arrow.file": "an Arrow table",
    "application/x-hdf5": "an HDF5 file",
    "application/vnd.dbf": "a dBase table",
    "application/vnd.tcpdump.pcap": "a network capture",
    "application/x-shockwave-flash": "a Flash film",
    "application/pkcs7-signature": "a detached signature",
    "image/vnd.dwg": "an AutoCAD drawing",
    "image/heic": "a HEIC picture",
    "image/avif": "an AVIF picture",
    "image/png": "a PNG picture",
    "image/jpeg": "a JPEG picture",
    "image/tiff": "a TIFF picture",
    "image/gif": "a GIF picture",
    "image/bmp": "a Windows bitmap",
    "image/webp": "a WebP picture",
    "image/jp2": "a JPEG 2000 picture",
    "image/x-icon": "an icon",
    "image/vnd.adobe.photoshop": "a Photoshop picture",
    "image/x-xpixmap": "an XPM picture",
    "image/x-portable-anymap": "a picture of a Netpbm format",
    "image/fits": "a FITS image",
    "application/x-numpy": "a NumPy array",
    "application/x-pem-file": "a certificate or key",
    "application/x-pkcs12": "a store of certificates and keys",
    "application/vnd.iccprofile": "a colour profile",
    "font/ttf": "a TrueType font",
    "font/otf": "an OpenType font",
    "application/x-font-otf": "an OpenType font",
    "application/dicom": "a DICOM image",
    "font/x-bdf": "a bitmap font",
    "font/x-afm": "the metrics of a font",
    "image/wmf": "a Windows metafile",
    "image/emf": "an enhanced Windows metafile",
    "audio/mpeg": "an MP3 recording",
    "audio/wav": "a WAV recording",
    "audio/mp4": "an MPEG-4 recording",
    "audio/flac": "a FLAC recording",
    "audio/ogg": "an Ogg recording",
    "video/mp4": "an MP4 video",
    "video/quicktime": "a QuickTime video",
    "video/x-msvideo": "an AVI video",
    "video/x-matroska": "a Matroska video",
    "video/webm": "a WebM video",
    "video/mpeg": "an MPEG video",
    "video/x-ms-wmv": "a Windows Media video",
}
_KINDS = {
    "audio": "a recording",
    "video": "a video",
    "image": "a picture",
    "font": "a font",
    "model": "a 3-D model",
}
# What to do, by media type, else by what it begins with.
_ADVICE = {
    "application/onenote": "export its pages as PDF or Word",
    "application/vnd.ms-htmlhelp": "unpack it (7-Zip does) and read the HTML pages in it",
    "application/winhlp": "convert it to RTF",
    "application/vnd.ms-outlook-pst": "export its messages as .eml, .msg or mbox",
    "application/x-msaccess": "export its tables as CSV, or read them as a table source",
    "application/vnd.sqlite3": "read its tables as a table source",
    "application/vnd.apache.parquet": "read it as a table source",
    "application/vnd.apache.arrow.file": "save it as Parquet and read it as a table source",
    "application/vnd.dbf": "export it as CSV",
    "application/postscript": "convert it to PDF (`ps2pdf` does)",
    "image/": "where it shows text, save it as PNG or PDF",
    "video/": "add a transcript or subtitles as a text file",
    "audio/": "add a transcript as a text file",
    "font/": "leave it out by the source's `exclude`",
    "model/": "leave it out by the source's `exclude`",
}
_UNPACK = "pack its files as zip, tar or 7z"
_RENAME = "save it in a format that is read, or rename it to .zip to have the files in it read"
_LEAVE_OUT = "leave it out by the source's `exclude`"
_SAVE_AS = "save it in a format that is read, such as PDF or Word"
_ADVICE["application/x-package"] = _RENAME
_ADVICE |= dict.fromkeys(
    (
        "application/vnd.rar",
        "application/x-lz4",
        "application/x-compress",
        "application/vnd.ms-cab-compressed",
        "application/x-iso9660-image",
        "application/x-apple-diskimage",
        "application/arj",
        "application/x-ace",
        "application/x-archive",
        "application/x-cpio",
        "application/x-lha",
        "application/x-lzip",
    ),
    _UNPACK,
)
_ADVICE |= dict.fromkeys(
    (
        "application/java-archive",
        "application/java-vm",
        "application/vnd.android.package-archive",
        "application/x-ios-app",
        "application/x-python-wheel",
        "application/x-nuget",
        "application/vsix",
        "application/x-xpinstall",
        "application/x-debian-package",
        "application/x-rpm",
        "application/x-msi",
        "application/x-vmdk",
        "application/vnd.microsoft.portable-executable",
        "application/x-elf",
        "application/x-mach-binary",
        "application/wasm",
        "application/vnd.tcpdump.pcap",
        "application/x-numpy",
        "application/x-pem-file",
        "application/x-pkcs12",
        "application/vnd.iccprofile",
        "application/x-font-otf",
        "application/dicom",
        "application/vnd.ms-officetheme",
        "application/x-shockwave-flash",
        "application/pkcs7-signature",
    ),
    _LEAVE_OUT,
)


def name_of(media_type: str) -> str:
    """Return the name of a format with its article, its media type where it has no name."""
    return NAMES.get(media_type, media_type)


def describe(data: bytes, name: str, media_type: str) -> str:
    """Return what a file is that no parser reads, and what to do: `a RAR archive (…): …`."""
    words = NAMES.get(media_type) or _name_by_puremagic(data, name)
    kind = media_type.partition("/")[0]
    words = words or _KINDS.get(kind) or ""
    advice = _ADVICE.get(media_type) or _ADVICE.get(f"{kind}/") or _SAVE_AS
    if media_type == UNKNOWN and not words:
        suffix = PurePosixPath(name).suffix
        words = f"data of an unknown format (its name ends in {suffix})" if suffix else ""
        return f"no parser reads {words or 'data of an unknown format'}; {advice}"
    shown = "" if media_type == UNKNOWN else f" ({media_type})"
    return f"no parser reads {words or 'this format'}{shown}; {advice}"


def _name_by_puremagic(data: bytes, name: str) -> str:
    """Return the name of a format by its signature, "" where it has none that is known."""
    if data.startswith(b"PK"):  # any package looks like Office to it
        return NAMES["application/x-package"]
    with suppress(puremagic.PureError, ValueError):
        matches = puremagic.magic_string(data[:100_000], filename=name)
        # Without a signature, puremagic guesses by the name and by the proportion of text.
        if matches and is_telling(matches[0].byte_match) and matches[0].name:
            return f"a file of the format {matches[0].name.strip()!r}"
    return ""


def is_telling(signature: bytes) -> bool:
    """Return whether bytes are a signature that a file does not have by chance.

    puremagic knows some of two bytes, and one of sixteen zeros.
    """
    return len(signature) > 2 and len(set(signature)) > 1
