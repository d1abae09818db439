// The service's HTTP face as this page uses it: GET /api/models and POST /models/{name}/invoke.
// Whatever goes wrong ends as one Failure that can be shown; nothing here touches the page.

export interface Tensor {
  name: string;
  datatype: string; // "FP32"
  shape: number[]; // -1: any extent
}

/** A version of a model that is loaded. */
export interface Model {
  name: string;
  version: string | number;
  default: boolean; // answers where no version is named
  unnamed: boolean; // answers where no model is named
  task: string;
  classes: number; // labels; 0 of a bare network
  input: { kind: string; tensors: Tensor[] };
  outputs: Tensor[];
}

export interface Loaded {
  auth: boolean;
  models: Model[];
}

/** A body of the kind that its type says: a file as it is, or JSON. */
export interface Question {
  body: Blob | string;
  type: string;
  file: string; // the name that it has, or shall have, in a shell
}

export interface Classified {
  label: string;
  probabilities: Record<string, number>;
}

export interface Timed {
  prediction: unknown; // Classified of a bundle; numbers, or numbers by name, of a network
  requestId: string;
  milliseconds: number; // from sending to the last byte
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
  400: "The input cannot be used",
  401: "The token was not accepted",
  403: "This token does not allow predictions",
  404: "This model is not loaded any more",
  408: "The input took too long to arrive",
  413: "The input is too large",
  415: "The server does not read this kind of file",
  422: "The input cannot be used",
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

function withToken(token: string): RequestInit {
  return token ? { headers: { Authorization: `Bearer ${token}` } } : {};
}

/** A service that describes itself to strangers needs no token for this. */
export async function fetchLoaded(token: string): Promise<Loaded> {
  const body = (await (await call("/api/models", withToken(token))).json()) as Partial<Loaded>;
  const models = (body.models ?? []).map((model) => ({
    ...model,
    task: model.task ?? "",
    classes: model.classes ?? 0,
  }));
  return { auth: body.auth ?? false, models };
}

export async function fetchDescription(token: string): Promise<Blob> {
  return (await call("/openapi.json", withToken(token))).blob();
}

/** Where this version is asked; its number is left out where it is the default anyway. */
export function pathOf(model: Model): string {
  const version = model.default ? "" : `@${encodeURIComponent(model.version)}`;
  return `/models/${encodeURIComponent(model.name)}${version}/invoke`;
}

/** From sending to the last byte as the network saw it: without what the browser itself does first. */
function networkTime(url: string, otherwise: number): number {
  const entry = performance.getEntriesByName(url, "resource").at(-1) as PerformanceResourceTiming | undefined;
  const known = entry && entry.requestStart > 0 && entry.responseEnd > entry.requestStart;
  return known ? entry.responseEnd - entry.requestStart : otherwise;
}

export async function predict(model: Model, question: Question, token: string, signal: AbortSignal): Promise<Timed> {
  const headers = new Headers({ "Content-Type": question.type, Accept: "application/json" });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  performance.clearResourceTimings(); // the browser keeps a bounded number of them
  const start = performance.now();
  const response = await call(pathOf(model), { method: "POST", headers, body: question.body }, signal);
  const answer = (await response.json()) as { predictions?: unknown[] };
  return {
    prediction: answer.predictions?.[0] ?? null,
    requestId: response.headers.get("x-request-id") ?? "",
    milliseconds: networkTime(response.url, performance.now() - start),
  };
}
