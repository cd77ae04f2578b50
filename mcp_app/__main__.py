"""`python -m mcp_app`: the same as the console script `helicone-mcp`."""

from mcp_app.stdio import main

if __name__ == "__main__":
    main()
