"""What a thing is: frozen records, Arrow schemas, Pandera models and settings. No input or output happens here."""
