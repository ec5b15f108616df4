"""The code pages of fonts in RTF, by the number of their character set (`\\fcharset`)."""

FONT_PAGES = {
    128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255,
    178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250,
}  # fmt: skip
"""Those that are not Western. Code pages are those of Windows."""
