"""Pages for people: the front page of the reference server, the reference pages of the documents, the static site.

rendering    Jinja2 with escaping, and the one style sheet
contract     a document as its author wrote it, and as a page of its own
site         all of it as files, for `make docs`
templates/   the pages; guides/: what is written by hand for the site
"""
