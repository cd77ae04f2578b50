"""`helicone-export`: takes requests out of Helicone's API, or this product's, into a file.

It runs by itself, on any machine: it imports neither Django nor the apps beside it.
"""
