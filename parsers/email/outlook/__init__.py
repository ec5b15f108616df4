"""Read what Outlook and Exchange write: .msg and winmail.dat."""
