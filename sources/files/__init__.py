"""Files of folders, archives and object stores."""
