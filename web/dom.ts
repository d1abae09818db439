// Making elements. Text reaches the page only through textContent: labels and messages are data.

export function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  cssClass = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (cssClass) made.className = cssClass;
  if (text) made.textContent = text;
  return made;
}

export function button(text: string, cssClass: string, act: () => void): HTMLButtonElement {
  const made = make("button", cssClass, text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** A file's field behind a label that looks like a button; `take` gets what is chosen. */
export function chooser(text: string, accept: string, take: (file: File) => void): HTMLElement {
  const label = make("label", "button");
  const field = make("input", "hidden-field");
  field.type = "file";
  if (accept) field.accept = accept;
  field.addEventListener("change", () => {
    const file = field.files?.[0];
    field.value = ""; // so that choosing the same file again asks again
    if (file) take(file);
  });
  label.append(field, text);
  return label;
}
