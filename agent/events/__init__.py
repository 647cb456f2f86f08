"""What customers did: the event lake, read through Ibis expressions so that one definition runs anywhere."""
