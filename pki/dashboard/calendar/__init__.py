"""What expires, in people's calendars."""
