// A text: it goes to the service as UTF-8.
import { button, chooser, make } from "./dom";
import type { Desk, Input } from "./input";

export function textInput(_model: unknown, desk: Desk): Input {
  const element = make("form");
  const label = make("label", "field-label", "Text");
  const area = make("textarea");
  area.id = "text";
  area.rows = 8;
  label.htmlFor = area.id;
  const send = (): void => {
    if (area.value) desk.ask({ body: area.value, type: "text/plain", file: "question.txt" });
  };
  const take = (file: File): void => {
    void file.text().then((text) => {
      area.value = text;
      send();
    });
  };
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
  });
  const row = make("div", "row");
  row.append(button("Ask", "button main", send), chooser("From a file", "text/*", take));
  element.append(label, area, row);
  return { element, help: "Ctrl + Enter asks.", take };
}

/** Files of a kind that this page knows nothing of: sent as they are. */
export function fileInput(_model: unknown, desk: Desk): Input {
  const element = make("div");
  const frame = make("div", "frame low");
  const name = make("p", "invitation", "Choose a file, or drop it here");
  const take = (file: File): void => {
    name.textContent = file.name;
    desk.ask({ body: file, type: file.type || "application/octet-stream", file: file.name });
  };
  frame.append(name);
  const row = make("div", "row");
  const choose = chooser("Choose a file", "", take);
  frame.addEventListener("click", () => choose.click());
  row.append(choose);
  element.append(frame, row);
  return { element, help: "", take };
}
