"""How well the content policy detects personal data, secrets, hidden text and instructions."""
