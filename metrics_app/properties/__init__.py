"""Custom properties: which there are, what the requests of each value come to, and of two of them crossed."""
