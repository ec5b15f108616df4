"""Parse archives and compressed files: zip, tar, 7z, gzip, bzip2, xz, Zstandard, and WARC."""
