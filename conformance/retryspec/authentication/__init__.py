"""How requests prove who sent them: one module for each API."""
