"""The one fixture of the VCF checks."""

import pytest

from retryspec.plugin import connection_of
from retryspec.session import Connection


@pytest.fixture
def vcf(request: pytest.FixtureRequest) -> Connection:
    """The connection; the plugin hands each look at the server a handle of its own."""
    return connection_of(request.config, "vcf")
