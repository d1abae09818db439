// The page at /: a picture in, an answer out. One picture at a time; a newer one cancels the older.
import { Failure, fetchModel, predict } from "./api";
import { byId, showAnswer, showBusy, showFailure, showModel, showPicture } from "./view";

const kTokenKey = "keelrow.token"; // in sessionStorage: gone with the tab, never sent elsewhere

let picture: File | null = null;
let pictureUrl = "";
let asking = new AbortController();
let tokenNeeded = false;

const tokenField = byId<HTMLInputElement>("token");
const access = byId("access");

function askForToken(): void {
  tokenNeeded = true;
  access.hidden = false;
  access.classList.add("refused");
  tokenField.focus();
}

function report(error: unknown): void {
  const failure = error instanceof Failure ? error : new Failure("The page failed", [String(error)]);
  showFailure(failure, picture ? () => void ask() : null);
  if (failure.extra.needsToken) askForToken();
}

async function ask(): Promise<void> {
  if (!picture) return;
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  if (tokenNeeded && !tokenField.value) {
    report(new Failure("A token is needed", ["Paste one above, then ask again."], {
        needsToken: true,
        retry: true,
      }));
    return;
  }
  showBusy(true);
  try {
    const timed = await predict(picture, tokenField.value.trim(), signal);
    access.classList.remove("refused");
    showAnswer(timed);
  } catch (error) {
    if (!signal.aborted) report(error);
  } finally {
    if (!signal.aborted) showBusy(false);
  }
}

function take(file: File | null | undefined): void {
  if (!file) return;
  if (!file.type.startsWith("image/")) {
    report(new Failure("This is not a picture", [`${file.name || "The file"} is ${file.type || "of unknown type"}.`]));
    return;
  }
  URL.revokeObjectURL(pictureUrl);
  picture = file;
  pictureUrl = URL.createObjectURL(file);
  showPicture(pictureUrl, file.name);
  void ask();
}

function listen(): void {
  const chooser = byId<HTMLInputElement>("picture");
  chooser.addEventListener("change", () => {
    take(chooser.files?.[0]);
    chooser.value = ""; // so that choosing the same file again asks again
  });
  document.addEventListener("paste", (event) => take(event.clipboardData?.files[0]));
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
    take(event.dataTransfer?.files[0]);
  });
  tokenField.addEventListener("input", () => sessionStorage.setItem(kTokenKey, tokenField.value.trim()));
  access.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask();
  });
}

async function start(): Promise<void> {
  tokenField.value = sessionStorage.getItem(kTokenKey) ?? "";
  listen();
  try {
    const model = await fetchModel();
    tokenNeeded = model.auth;
    showModel(model);
    if (model.input.kind !== "image") {
      report(new Failure("This model does not take pictures", [`Its input is ${model.input.kind}: use POST /predict.`]));
    }
  } catch (error) {
    report(error);
  }
}

void start();
