"""One filter language. Text (`text`), the query string (`lookups`) and Helicone's JSON (`helicone`) are read into one
tree (`tree`), which is printed (`printing`) and compiled to SQL (`compiling`).
"""
