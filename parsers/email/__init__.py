"""Parse mail: Internet messages (eml), mailboxes (mbox) and Outlook messages (msg)."""
