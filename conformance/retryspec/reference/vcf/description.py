"""How a task looks from outside: its steps, resources and errors, worked out from what is stored of it.

Two readings of a task that has ended are equal to the last byte, and so are those of one that runs: everything here
follows from the task, its state and the number of its runs. Steps are spelled in upper case (vcf R-13).
"""

import hashlib
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import MISSING
from retryspec_models.vcf.models import Error, ErrorCause, MessagePack, Resource, Stage, SubTask

from retryspec.reference.vcf.store import State, Task

__all__ = [
    "Kind",
    "StepState",
    "failure_of",
    "kind_of",
    "message_pack_of",
    "moment",
    "number_of_kinds",
    "reference_token_of",
    "resource_of",
    "step_states",
    "steps_of",
]

# The first step takes so long, or less where the whole run did.
FIRST_STEP_SECONDS = 40.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOKEN_LETTERS = string.ascii_uppercase + string.digits


class StepState(StrEnum):
    """Where a step or a part of one is."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    NOT_APPLICABLE = "NOT_APPLICABLE"


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of a kind of task does."""

    name: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What a task can be about; the three steps are those before, at and after the place where it may fail."""

    type: str
    name: str
    resource_type: str
    steps: tuple[Step, Step, Step]
    failure: str
    failure_text: str


KINDS: Sequence[Kind] = (
    Kind(
        "HOST_COMMISSION",
        "Commission host {host}",
        "ESXI",
        (
            Step("ValidateHost", "HOST_VALIDATION", "Look at the host before anything is changed"),
            Step("ConfigureHost", "HOST_CONFIGURATION", "Set up the host"),
            Step("RegisterHost", "HOST_REGISTRATION", "Add the host to the inventory"),
        ),
        "HOST_NOT_REACHABLE",
        "The host cannot be reached.",
    ),
    Kind(
        "HOST_DECOMMISSION",
        "Decommission host {host}",
        "ESXI",
        (
            Step("ValidateHost", "HOST_VALIDATION", "See whether the host is in use"),
            Step("CleanHost", "HOST_CLEANUP", "Remove what was set up on the host"),
            Step("ForgetHost", "HOST_REMOVAL", "Take the host out of the inventory"),
        ),
        "HOST_IN_USE",
        "The host still carries machines.",
    ),
    Kind(
        "CERTIFICATE_REPLACEMENT",
        "Replace the certificate of {host}",
        "VCENTER",
        (
            Step("ValidateCertificate", "CERTIFICATE_VALIDATION", "Look at the new certificate"),
            Step("InstallCertificate", "CERTIFICATE_INSTALLATION", "Install the certificate"),
            Step("RestartServices", "SERVICE_RESTART", "Restart what uses the certificate"),
        ),
        "CERTIFICATE_REJECTED",
        "The certificate was not accepted.",
    ),
    Kind(
        "UPGRADE",
        "Upgrade {host}",
        "NSXT_MANAGER",
        (
            Step("CheckUpgrade", "UPGRADE_PRECHECK", "See whether an upgrade is possible"),
            Step("InstallBundle", "UPGRADE_INSTALLATION", "Install the bundle"),
            Step("CheckHealth", "UPGRADE_POSTCHECK", "See whether everything works"),
        ),
        "BUNDLE_INSTALLATION_FAILED",
        "The bundle could not be installed.",
    ),
)

# What the three steps of a task are, by its state.
_STEPS: dict[State, tuple[StepState, StepState, StepState]] = {
    State.PENDING: (StepState.PENDING, StepState.PENDING, StepState.PENDING),
    State.IN_PROGRESS: (StepState.SUCCESSFUL, StepState.IN_PROGRESS, StepState.PENDING),
    State.SUCCESSFUL: (StepState.SUCCESSFUL, StepState.SUCCESSFUL, StepState.SUCCESSFUL),
    State.FAILED: (StepState.SUCCESSFUL, StepState.FAILED, StepState.PENDING),
    State.CANCELLED: (StepState.SUCCESSFUL, StepState.NOT_APPLICABLE, StepState.NOT_APPLICABLE),
    State.COMPLETED_WITH_WARNING: (StepState.SUCCESSFUL, StepState.SUCCESSFUL, StepState.SUCCESSFUL),
    State.SKIPPED: (StepState.NOT_APPLICABLE, StepState.NOT_APPLICABLE, StepState.NOT_APPLICABLE),
}


def number_of_kinds() -> int:
    """Return how many kinds of tasks there are."""
    return len(KINDS)


def kind_of(place: int) -> Kind:
    """Return a kind; beyond the last one they begin anew."""
    return KINDS[place % len(KINDS)]


def moment(seconds: float) -> str:
    """Return a time as the examples of the source write it: ISO 8601 with milliseconds and Z (vcf A29)."""
    time = _EPOCH + timedelta(milliseconds=round(seconds * 1000))
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def step_states(task: Task, state: State) -> tuple[StepState, StepState, StepState]:
    """Return where the steps of a task are; a retry goes on at the one that failed (vcf A28, R-26)."""
    if task.runs and state in (State.PENDING, State.IN_PROGRESS):
        return (StepState.SUCCESSFUL, StepState.PENDING, StepState.PENDING)
    return _STEPS[state]


def steps_of(task: Task, state: State) -> list[SubTask]:
    """Return the steps of a task."""
    kind = kind_of(task.kind)
    first_ends = min(task.created + FIRST_STEP_SECONDS, task.ends)
    begins = (task.created, first_ends, task.ends if task.ends > task.created else task.created)
    ends = (first_ends, task.ends, task.ends)
    return [
        _sub_task(task, step, status, begin if _begun(status) else task.created, end)
        for step, status, begin, end in zip(kind.steps, step_states(task, state), begins, ends, strict=True)
    ]


def resource_of(task: Task) -> Resource:
    """Return what a task works on."""
    name = f"esx-{task.resource[:4]}"
    return Resource(
        resource_id=task.resource,
        type=kind_of(task.kind).resource_type,
        fqdn=f"{name}.local",
        name=name,
        sans=[f"{name}.local"],
    )


def message_pack_of(task: Task) -> MessagePack:
    """Return the name of a task as a text that can be translated."""
    kind = kind_of(task.kind)
    return MessagePack(
        component="com.example.tasks",
        message_key=f"{kind.type.lower().replace('_', '.')}.task",
        arguments=[f"esx-{task.resource[:4]}"],
        message=task.name,
    )


def failure_of(task: Task) -> Error:
    """Return why a task failed; each run that fails has a reference token of its own."""
    kind = kind_of(task.kind)
    return Error(
        error_code=kind.failure,
        error_type="ERROR",
        arguments=[f"esx-{task.resource[:4]}"],
        context={"component": "tasks", "run": str(task.runs + 1)},
        message=kind.failure_text,
        remediation_message="See to it, and retry the task.",
        causes=[ErrorCause(type="com.example.TaskFailedException", message=kind.failure_text)],
        nested_errors=[],
        reference_token=reference_token_of(task),
    )


def reference_token_of(task: Task) -> str:
    """Return six letters and digits that belong to one run of a task."""
    digest = hashlib.sha256(f"{task.id}/{task.runs}".encode()).digest()
    return "".join(_TOKEN_LETTERS[byte % len(_TOKEN_LETTERS)] for byte in digest[:6])


def _begun(status: StepState) -> bool:
    return status in (StepState.IN_PROGRESS, StepState.SUCCESSFUL, StepState.FAILED)


def _sub_task(task: Task, step: Step, status: StepState, begins: float, ends: float) -> SubTask:
    over = status in (StepState.SUCCESSFUL, StepState.FAILED)
    completion = moment(ends) if over else MISSING
    errors = [failure_of(task)] if status is StepState.FAILED else []
    # The parts have one state less than the steps.
    part = StepState.PENDING if status is StepState.NOT_APPLICABLE else status
    return SubTask(
        name=step.name,
        type=step.type,
        description=step.description,
        status=status,
        creation_timestamp=moment(begins),
        completion_timestamp=completion,
        stages=[
            Stage(
                name=f"{step.name}Action",
                type=f"{step.type}_ACTION",
                description=step.description,
                status=part,
                creation_timestamp=moment(begins),
                completion_timestamp=completion,
                errors=errors,
            )
        ],
        errors=errors,
        resources=[resource_of(task)],
    )
