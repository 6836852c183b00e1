"""The modules that every generated package shares: they do not depend on a document and are copied as they are."""
