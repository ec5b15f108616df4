"""What a thing is: frozen records, Arrow schemas, row contracts, settings, errors. No I/O."""
