"""What a run leaves behind: `report.json`, `junit.xml` and `report.html`, and what can be made of reports later.

run ─▶ content (report.json) ─▶ page (report.html), compare, merge
"""

from retryspec.report.content import numbered_findings, report_json, report_schema
from retryspec.report.files import prepare_folder, write_reports
from retryspec.report.junit import junit_xml

__all__ = ["junit_xml", "numbered_findings", "prepare_folder", "report_json", "report_schema", "write_reports"]
