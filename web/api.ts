// The service's HTTP face as this page uses it: GET /api/model and POST /predict. Whatever goes
// wrong ends as one Failure that can be shown; nothing here touches the page.

export interface Model {
  name: string;
  version: string | number;
  task: string;
  labels: string[];
  auth: boolean;
  input: { kind: string };
}

export interface Answer {
  result: { label: string; probabilities: Record<string, number> };
  request_id: string;
  model: { name: string; version: string | number };
}

export interface Timed {
  answer: Answer;
  milliseconds: number; // from sending to the last byte, as this browser saw it
}

export interface FailureExtra {
  code?: string; // of the error table, "K0500"
  hint?: string;
  needsToken?: boolean;
  retry?: boolean; // asking again may help
}

export class Failure extends Error {
  constructor(
    readonly title: string,
    readonly lines: string[],
    readonly extra: FailureExtra = {},
  ) {
    super(title);
  }
}

const kDeadlineMs = 30_000;

/** Titles of the statuses that a person can do something about; others show the server's words. */
const kTitles: Record<number, string> = {
  401: "The token was not accepted",
  403: "This token does not allow predictions",
  408: "The picture took too long to arrive",
  413: "The picture is too large",
  415: "The server does not read this kind of file",
  422: "The picture cannot be used",
  429: "Too many requests",
  503: "The server is busy",
  504: "The answer took too long",
};

interface Fault {
  loc?: (string | number)[];
  msg?: string;
}

interface ErrorBody {
  error?: string;
  code?: string;
  message?: string;
  hint?: string;
  detail?: string | Fault[];
}

function faultLine(fault: Fault): string {
  const place = (fault.loc ?? []).join(".");
  return place ? `${place}: ${fault.msg ?? ""}` : (fault.msg ?? "");
}

function linesOf(body: ErrorBody): string[] {
  if (Array.isArray(body.detail)) return body.detail.map(faultLine);
  return [body.message ?? body.detail ?? body.error ?? ""].filter((line) => line !== "");
}

async function errorBody(response: Response): Promise<ErrorBody> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}

async function failureOf(response: Response): Promise<Failure> {
  const body = await errorBody(response);
  const lines = linesOf(body);
  const wait = response.headers.get("Retry-After");
  if (wait) lines.push(`Try again in ${wait} s.`);
  const title = kTitles[response.status] ?? `The server answered with ${response.status}`;
  const needsToken = response.status === 401;
  const retry = needsToken || response.status === 429 || response.status >= 500;
  const extra: FailureExtra = { needsToken, retry };
  if (body.code) extra.code = body.code;
  if (body.hint) extra.hint = body.hint;
  return new Failure(title, lines, extra);
}

/** The response of a 2xx status; throws Failure, or the abort of `signal` as it is. */
async function call(path: string, request: RequestInit, signal?: AbortSignal): Promise<Response> {
  const deadline = AbortSignal.timeout(kDeadlineMs);
  const either = signal ? AbortSignal.any([signal, deadline]) : deadline;
  let response: Response;
  try {
    response = await fetch(path, { ...request, signal: either, cache: "no-store" });
  } catch (error) {
    if (signal?.aborted) throw error;
    if (deadline.aborted) throw new Failure("No answer came", ["The server took over 30 s."], { retry: true });
    throw new Failure("The server cannot be reached", ["Is `keelrow up` still running?"], { retry: true });
  }
  if (!response.ok) throw await failureOf(response);
  return response;
}

export async function fetchModel(): Promise<Model> {
  const body = (await (await call("/api/model", {})).json()) as Partial<Model>;
  return {
    name: body.name ?? "model",
    version: body.version ?? "",
    task: body.task ?? "",
    labels: body.labels ?? [],
    auth: body.auth ?? false, // a server that does not say is simply asked: a 401 shows the field
    input: body.input ?? { kind: "image" },
  };
}

export async function predict(picture: Blob, token: string, signal: AbortSignal): Promise<Timed> {
  const headers = new Headers({ "Content-Type": picture.type, Accept: "application/json" });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const start = performance.now();
  const response = await call("/predict", { method: "POST", headers, body: picture }, signal);
  const answer = (await response.json()) as Answer;
  return { answer, milliseconds: performance.now() - start };
}
