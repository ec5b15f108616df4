"""Read calendars and invitations (iCalendar)."""
