"""Helicone's own REST API over what this product stores, so that scripts written for theirs run here (contract 4).

One package for each group of routes. They read and write by the same functions as the pages and `/api/`.
"""
