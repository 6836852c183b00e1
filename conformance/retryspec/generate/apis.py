"""The APIs of this repository: one line for each, its slug and its document."""

from collections.abc import Mapping

__all__ = ["APIS"]

APIS: Mapping[str, str] = {
    "opsmanager": "openapi/opsmanager.yaml",
    "sls": "openapi/sls.yaml",
    "vcf": "openapi/vcf.yaml",
}
