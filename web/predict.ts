// The page at /: a model, a question, an answer. One question at a time; a newer one cancels the
// older.
import { Failure, fetchDescription, fetchLoaded, predict, type Loaded, type Model, type Question } from "./api";
import { byId } from "./dom";
import type { Desk, Input, MakeInput } from "./input";
import { numbersInput } from "./input_numbers";
import { pictureInput } from "./input_picture";
import { isWave, soundInput, waveInput } from "./input_sound";
import { fileInput, textInput } from "./input_text";
import { showAnswer, showBusy, showChoice, showCommand, showEmpty, showFailure, showModel } from "./view";

const kTokenKey = "keelrow.token"; // in sessionStorage: gone with the tab, never sent elsewhere

/** By the kind that the service gives a model's input; others are files. */
const kInputs: Record<string, MakeInput> = {
  image: pictureInput,
  audio: soundInput,
  sound: soundInput,
  text: textInput,
  tensor: numbersInput,
};

let loaded: Loaded = { auth: false, models: [] };
let model: Model | null = null;
let input: Input | null = null;
let question: Question | null = null;
let asking = new AbortController();

const tokenField = byId<HTMLInputElement>("token");
const access = byId("access");

const noToken = new Failure("A token is needed", ["Paste one above, then press Enter."], { needsToken: true, retry: true });

function askForToken(): void {
  loaded.auth = true; // a gateway may want what the service behind it does not
  access.hidden = false;
  access.classList.add("refused");
  tokenField.focus();
}

function report(error: unknown): void {
  const failure = error instanceof Failure ? error : new Failure("The page failed", [String(error)]);
  const again = model ? ask : load;
  showFailure(failure, question || !model ? () => void again() : null);
  if (!failure.extra.needsToken) return;
  askForToken();
  if (model && question) showCommand(model, question, true);
}

async function ask(): Promise<void> {
  if (!question || !model) return;
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  showCommand(model, question, loaded.auth);
  const token = tokenField.value.trim();
  if (loaded.auth && !token) return report(noToken);
  showBusy(true);
  try {
    const timed = await predict(model, question, token, signal);
    access.classList.remove("refused");
    showAnswer(model, timed);
  } catch (error) {
    if (!signal.aborted) report(wantsToken(error) && !token ? noToken : error);
  } finally {
    if (!signal.aborted) showBusy(false);
  }
}

function wantsToken(error: unknown): boolean {
  return error instanceof Failure && error.extra.needsToken === true;
}

const desk: Desk = {
  ask: (asked) => {
    question = asked;
    void ask();
  },
  refuse: (failure) => {
    asking.abort();
    showBusy(false);
    question = null;
    byId("shell").hidden = true;
    report(failure);
  },
};

function inputFor(chosen: Model): Input {
  const { kind, tensors } = chosen.input;
  const wave = kind === "tensor" && tensors.length === 1 && isWave(tensors[0]!);
  return (wave ? waveInput : (kInputs[kind] ?? fileInput))(chosen, desk);
}

function choose(chosen: Model): void {
  asking.abort();
  showBusy(false);
  input?.close?.();
  model = chosen;
  question = null;
  showModel(chosen);
  showChoice(loaded.models, chosen, choose);
  showEmpty();
  input = inputFor(chosen);
  byId("input").replaceChildren(input.element);
  byId("input-help").textContent = input.help;
  byId("work").hidden = false;
}

function listenForFiles(): void {
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    if (file) input?.take?.(file);
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    const file = event.dataTransfer?.files[0];
    if (file) input?.take?.(file);
  });
}

function listen(): void {
  listenForFiles();
  tokenField.addEventListener("input", () => sessionStorage.setItem(kTokenKey, tokenField.value.trim()));
  access.addEventListener("submit", (event) => {
    event.preventDefault();
    void (model ? ask() : load());
  });
  byId("description").addEventListener("click", (event) => {
    const token = tokenField.value.trim();
    if (!token) return; // the link itself, which says what is missing
    event.preventDefault();
    void fetchDescription(token).then((text) => location.assign(URL.createObjectURL(text)), report);
  });
  const copy = byId("copy");
  copy.hidden = !navigator.clipboard; // not over plain http from another machine
  copy.addEventListener("click", () => {
    void navigator.clipboard.writeText(byId("command").textContent ?? "").then(() => {
      copy.textContent = "Copied";
      setTimeout(() => (copy.textContent = "Copy"), 2000);
    });
  });
}

/** What there is to choose from, which may need the token already. */
async function load(): Promise<void> {
  const token = tokenField.value.trim();
  try {
    loaded = await fetchLoaded(token);
    access.hidden = !loaded.auth;
    access.classList.remove("refused");
    const first = loaded.models.find(({ unnamed }) => unnamed) ?? loaded.models.find((each) => each.default);
    if (first) choose(first);
    else report(new Failure("No model is loaded yet", ["Load this page again when one is."]));
  } catch (error) {
    report(wantsToken(error) && !token ? noToken : error);
  }
}

tokenField.value = sessionStorage.getItem(kTokenKey) ?? "";
listen();
void load();
