"""Parse mail: eml, mbox and Outlook msg."""
