"""The measure: what the suite detects and what it costs, with peers beside it, on one machine in one run.

`python -m bench PIECE...` (see `make bench`) merges what it measures into `results.json` and writes `RESULTS.md` anew.
A run that was interrupted loses nothing: what is measured already is taken over, unless `--anew` is given.
"""
