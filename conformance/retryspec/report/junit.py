"""A run as JUnit XML, for the servers that show test results."""

import re
from xml.etree import ElementTree

from retryspec.runner import RunReport
from retryspec.verdicts import BehaviourResult, Outcome

__all__ = ["junit_xml"]


def junit_xml(report: RunReport) -> str:
    """The run as JUnit XML: a suite per API, a case per behaviour."""
    root = ElementTree.Element("testsuites", name="retryspec", time=f"{report.seconds:.3f}")
    for api in report.apis:
        failures = sum(result.outcome is Outcome.FAIL and not result.known for result in api.behaviours)
        errors = api.count(Outcome.ERROR)
        skipped = api.count(Outcome.UNTESTED) + api.count(Outcome.SKIPPED)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=api.slug,
            tests=str(len(api.behaviours)),
            failures=str(failures),
            errors=str(errors),
            skipped=str(skipped),
        )
        for result in api.behaviours:
            _add_case(suite, api.slug, result)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False)


def _add_case(suite: ElementTree.Element, slug: str, result: BehaviourResult) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=slug, name=f"{result.behaviour.id} {_xml_text(result.behaviour.says)}"
    )
    told = "\n\n".join(
        f"expected: {finding.expected}\nreceived: {finding.received}"
        + (f"\n{f.curl}" if (f := finding.exchange) else "")
        for finding in result.findings
    )
    reason = _xml_text(result.reason or "")
    match result.outcome:
        case Outcome.FAIL if not result.known:
            ElementTree.SubElement(case, "failure", message=result.behaviour.id).text = _xml_text(told)
        case Outcome.ERROR:
            ElementTree.SubElement(case, "error", message=result.behaviour.id).text = reason
        case Outcome.UNTESTED | Outcome.SKIPPED:
            ElementTree.SubElement(case, "skipped", message=f"{result.outcome}: {reason}")
        case Outcome.PASS:
            pass
        case _:
            ElementTree.SubElement(case, "system-out").text = _xml_text(f"{result.outcome}: {reason}\n{told}")


# XML 1.0 has no way to write these, not even escaped.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _xml_text(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
