// A server of two VCF operations, in Node's own modules alone, with provider states for retryspec.
//
// It stands for a server of yours: what is between the two lines is all that a test build of it needs besides.
//
//     node server.mjs [PORT]        and then        retryspec check --target target.toml

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

const TOKEN = "example-token";
const ENDED = { SUCCESSFUL: "Successful", FAILED: "Failed", CANCELLED: "Cancelled" };
const tasks = new Map();

// Keeps a task. It runs until `ends`, and what it ended as is read when somebody asks.
function newTask(status, name, rerunSeconds = 30, rerunStatus = "SUCCESSFUL", fault = null) {
  const now = Date.now();
  const task = { id: randomUUID(), name, created: now, fault, begins: now, ends: now, outcome: status };
  task.rerun = { seconds: rerunSeconds, status: rerunStatus };
  if (status === "PENDING" || status === "IN_PROGRESS") {
    const hour = now + 3_600_000;
    Object.assign(task, { outcome: "SUCCESSFUL", ends: hour, begins: status === "PENDING" ? hour : now });
  }
  tasks.set(task.id, task);
  return task.id;
}

function statusOf(task) {
  const now = Date.now();
  if (task.begins > now) return "Pending";
  return task.ends > now ? "In Progress" : ENDED[task.outcome] ?? task.outcome;
}

function shown(task) {
  const body = { id: task.id, name: task.name, status: statusOf(task), type: "EXAMPLE" };
  Object.assign(body, { creationTimestamp: stamp(task.created), subTasks: [], errors: [], resources: [] });
  if (body.status === "Failed") body.errors = [error(500, "EXAMPLE_FAILED", "The work of the task failed.")[1]];
  if (task.ends <= Date.now()) body.completionTimestamp = stamp(task.ends);
  return body;
}

const stamp = (milliseconds) => new Date(milliseconds).toISOString();

// Starts a failed task again. Nothing in here waits, so of two retries at once one comes first.
function retry(id) {
  const task = tasks.get(id);
  if (!task) return error(404, "TASK_NOT_FOUND", `There is no task ${id}.`);
  if (task.fault) return error(500, "INTERNAL_SERVER_ERROR", "An unexpected failure occurred.");
  if (statusOf(task) !== "Failed") return error(409, "TASK_NOT_RETRYABLE", `Task ${id} is ${statusOf(task)}.`);
  task.begins = Date.now();
  Object.assign(task, { ends: task.begins + task.rerun.seconds * 1000, outcome: task.rerun.status });
  return [200, null];
}

function error(status, errorCode, message) {
  const referenceToken = randomUUID().slice(0, 6).toUpperCase();
  const rest = { errorType: "ERROR", remediationMessage: "See the contract.", arguments: [], nestedErrors: [] };
  return [status, { errorCode, message, referenceToken, ...rest }];
}

// ---- provider states: for a test build only, since whoever reaches them can make tasks ----

function setUp(text) {
  try {
    const { action, state, params } = JSON.parse(text);
    if (action !== "setup" || state !== "tasks") return [404, { error: "this server knows the state 'tasks' alone" }];
    const spelled = (status) => status.toUpperCase().replaceAll(" ", "_");
    const ids = (params?.tasks ?? []).map((one) =>
      newTask(
        spelled(one.status),
        one.name ?? "Example task",
        one.rerunSeconds ?? 30,
        spelled(one.rerunStatus ?? "SUCCESSFUL"),
        one.fault,
      ),
    );
    return [200, { ids, rerunsAsAsked: true }];
  } catch (problem) {
    return [400, { error: `not a setup of a state: ${problem.message}` }];
  }
}

// --------------------------------------------------------------------------------------------

function answer(request, text) {
  const path = request.url.split("?")[0];
  if (request.method === "POST" && path === "/_states") return setUp(text);
  const id = path.match(/^\/v1\/tasks\/([^/]+)$/)?.[1];
  if (!id) return error(404, "NOT_FOUND", `There is nothing at ${path}.`);
  if (!["GET", "PATCH"].includes(request.method)) {
    return error(405, "METHOD_NOT_ALLOWED", `${request.method} is not possible here.`);
  }
  if (request.headers.authorization !== `Bearer ${TOKEN}`) {
    return error(401, "Unauthorized", "The access token is missing or not valid.");
  }
  if (request.method === "PATCH") return retry(id);
  return tasks.has(id) ? [200, shown(tasks.get(id))] : error(404, "TASK_NOT_FOUND", `There is no task ${id}.`);
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const [status, body] = answer(request, Buffer.concat(chunks).toString());
  const content = body === null ? "" : JSON.stringify(body);
  const headers = { "Content-Length": Buffer.byteLength(content) };
  if (content) headers["Content-Type"] = "application/json";
  if (status === 401) headers["WWW-Authenticate"] = "Bearer";
  if (status === 405) headers.Allow = "GET, PATCH";
  response.writeHead(status, headers).end(content);
});

server.listen(Number(process.argv[2] ?? 8000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
