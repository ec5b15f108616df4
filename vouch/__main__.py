"""The command line, for `python -m vouch`."""

from vouch.cli import main

if __name__ == "__main__":
    main()
