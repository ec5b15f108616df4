"""One module a group of commands. Heavy imports stand inside the commands, so that help stays quick."""
