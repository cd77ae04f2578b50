"""What a day or a week came to, by mail and as a page."""
