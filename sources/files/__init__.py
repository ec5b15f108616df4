"""Read files from folders, archives and object stores."""
