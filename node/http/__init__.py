"""The doors: HTTP in, one service called, HTTP out. Nothing here decides anything about trust."""
