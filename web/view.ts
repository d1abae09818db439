// What the page shows. Text reaches it only through textContent: labels and messages are data.
import type { Failure, Model, Timed } from "./api";

const kBarsMax = 10;

export function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

function element(tag: string, cssClass: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  if (cssClass) made.className = cssClass;
  made.textContent = text;
  return made;
}

/** A sentence of the server: a capital first, and what stands between backticks as code. */
function prose(cssClass: string, text: string): HTMLElement {
  const made = element("p", cssClass);
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  for (const [index, part] of sentence.split("`").entries()) {
    made.append(index % 2 === 1 ? element("code", "", part) : part);
  }
  return made;
}

export function percent(share: number): string {
  if (share > 0 && share < 0.0005) return "<0.1\u202f%";
  if (share < 1 && share >= 0.9995) return ">99.9\u202f%";
  return `${(100 * share).toFixed(1)}\u202f%`;
}

export function showModel(model: Model): void {
  document.title = `${model.name} · Keelrow`;
  byId("model-name").textContent = model.name;
  const facts = [`version ${model.version}`, model.task, `${model.labels.length} classes`];
  byId("model-facts").textContent = facts.filter((fact) => fact !== "").join(" · ");
  byId("access").hidden = !model.auth;
  showCommand(model.auth);
}

function showCommand(auth: boolean): void {
  const lines = ["curl --data-binary @picture.png -H 'Content-Type: image/png' \\"];
  if (auth) lines.push(`     -H "Authorization: Bearer $(keelrow token)" \\`);
  lines.push(`     ${location.origin}/predict`);
  byId("command").textContent = lines.join("\n");
}

export function showPicture(url: string, name: string): void {
  const preview = byId<HTMLImageElement>("preview");
  preview.onload = () => {
    preview.classList.toggle("sharp", preview.naturalWidth < 96);
    preview.hidden = false;
    byId("invitation").hidden = true;
    byId("drop").classList.add("filled");
  };
  preview.onerror = () => {
    preview.hidden = true;
    byId("invitation").hidden = false;
    byId("drop").classList.remove("filled");
  };
  preview.alt = name;
  preview.src = url;
  byId("file-name").textContent = name;
}

export function showBusy(busy: boolean): void {
  byId("answer").setAttribute("aria-busy", String(busy));
}

function bar(label: string, share: number, first: boolean): HTMLElement {
  const row = element("li", first ? "first" : "");
  const track = element("span", "track");
  const fill = element("span", "fill");
  fill.style.width = `${100 * share}%`;
  track.append(fill);
  track.ariaHidden = "true";
  const name = element("span", "name", label);
  name.title = label;
  row.append(name, track, element("span", "value", percent(share)));
  return row;
}

export function showAnswer({ answer, milliseconds }: Timed): void {
  const { label, probabilities } = answer.result;
  const rows = Object.entries(probabilities).sort((a, b) => b[1] - a[1]);
  const bars = element("ol", "bars");
  bars.ariaLabel = "Probabilities";
  for (const [name, share] of rows.slice(0, kBarsMax)) bars.append(bar(name, share, name === label));
  const facts = element("p", "facts quiet");
  facts.append(
    element("span", "", `${answer.model.name} ${answer.model.version}`),
    element("span", "", `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms there and back`),
    element("span", "", `request ${answer.request_id}`),
  );
  if (rows.length > kBarsMax) facts.prepend(element("span", "", `${kBarsMax} of ${rows.length} classes`));
  const sure = element("p", "sure quiet", `${percent(probabilities[label] ?? 0)} probable`);
  byId("answer").replaceChildren(element("p", "label", label), sure, bars, facts);
}

export function showFailure(failure: Failure, again: (() => void) | null): void {
  const box = element("div", "failure");
  box.setAttribute("role", "alert");
  box.append(element("h2", "", failure.title));
  for (const line of failure.lines) box.append(prose("", line));
  const { code, hint } = failure.extra;
  if (hint) box.append(prose("", hint));
  if (code) box.append(prose("quiet", `More with \`keelrow help-error ${code}\``));
  if (again && failure.extra.retry) {
    const button = element("button", "again", "Ask again");
    button.onclick = again;
    box.append(button);
  }
  byId("answer").replaceChildren(box);
}
