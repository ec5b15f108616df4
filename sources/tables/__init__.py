"""Read rows of files, databases and ADBC connections as documents."""
