// What the page shows around the question: which model, the answer, the command, what went wrong.
import type { Failure, Model, Question, Timed } from "./api";
import { commandOf } from "./curl";
import { byId, button, make } from "./dom";
import { answerOf } from "./scores";

/** A sentence of the server: a capital first, and what stands between backticks as code. */
function prose(cssClass: string, text: string): HTMLElement {
  const made = make("p", cssClass);
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  for (const [index, part] of sentence.split("`").entries()) {
    made.append(index % 2 === 1 ? make("code", "", part) : part);
  }
  return made;
}

const axes = (shape: number[]): string => shape.slice(1).map((extent) => (extent < 0 ? "n" : extent)).join("×") || "1";

export function showModel(model: Model): void {
  document.title = `${model.name} · Keelrow`;
  byId("model-name").textContent = model.name;
  const facts = [`version ${model.version}`];
  if (model.task) facts.push(model.task);
  if (model.classes > 0) facts.push(`${model.classes} classes`);
  else facts.push(model.input.tensors.map(({ name, shape }) => `${name} [${axes(shape)}]`).join(", "));
  byId("model-facts").textContent = facts.join(" · ");
}

/** Two lists: the models, and the versions of the one that is chosen. */
export function showChoice(models: Model[], chosen: Model, choose: (model: Model) => void): void {
  const names = [...new Set(models.map((model) => model.name))];
  const versions = models.filter((model) => model.name === chosen.name);
  const nameList = byId<HTMLSelectElement>("choose-model");
  const versionList = byId<HTMLSelectElement>("choose-version");
  nameList.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen.name)));
  versionList.replaceChildren(
    ...versions.map((model) => new Option(`${model.version}${model.default ? " (default)" : ""}`, String(model.version), false, model === chosen)),
  );
  const pick = (found: Model | undefined): void => {
    if (found) choose(found);
  };
  nameList.onchange = () => {
    const same = models.filter((model) => model.name === nameList.value);
    pick(same.find((model) => model.default) ?? same[0]);
  };
  versionList.onchange = () => pick(versions.find((model) => String(model.version) === versionList.value));
  byId("choice").hidden = models.length < 2;
  byId("version-choice").hidden = versions.length < 2;
}

export function showBusy(busy: boolean): void {
  byId("answer").setAttribute("aria-busy", String(busy));
}

export function showEmpty(): void {
  byId("answer").replaceChildren(make("p", "quiet empty", "The answer will stand here."));
  byId("shell").hidden = true;
}

export function showAnswer(model: Model, timed: Timed): void {
  byId("answer").replaceChildren(...answerOf(model, timed));
}

let savedUrl = "";

export function showCommand(model: Model, question: Question, auth: boolean): void {
  const command = commandOf(model, question, auth, location.origin);
  byId("shell").hidden = false;
  byId("command").textContent = command.text;
  const save = byId<HTMLAnchorElement>("save");
  URL.revokeObjectURL(savedUrl);
  save.hidden = command.save === null;
  if (!command.save) return;
  savedUrl = URL.createObjectURL(command.save);
  save.href = savedUrl;
  save.download = command.file;
  save.textContent = `Save ${command.file}`;
}

export function showFailure(failure: Failure, again: (() => void) | null): void {
  const box = make("div", "failure");
  box.setAttribute("role", "alert");
  box.append(make("h2", "", failure.title));
  for (const line of failure.lines) box.append(prose("", line));
  const { code, hint } = failure.extra;
  if (hint) box.append(prose("", hint));
  if (code) box.append(prose("quiet", `More with \`keelrow help-error ${code}\``));
  if (again && failure.extra.retry) box.append(button("Ask again", "button again", again));
  byId("answer").replaceChildren(box);
}
