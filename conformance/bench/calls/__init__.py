"""What each API's status and retry calls look like, for the load on the reference server."""
