// Numbers for a bare network: a field each where they are few, else JSON text.
import { Failure, type Model, type Tensor } from "./api";
import { button, chooser, make } from "./dom";
import type { Desk, Input } from "./input";

const kFieldsMax = 64;
const kTextMax = 5000; // numbers that a text area is filled with

type Nested = number | boolean | Nested[];

/** Without the axis of rows; a free one is 1 long. */
const rowShape = (tensor: Tensor): number[] => tensor.shape.slice(1).map((extent) => (extent < 0 ? 1 : extent));
const countOf = (tensor: Tensor): number => rowShape(tensor).reduce((a, b) => a * b, 1);

function nest(shape: number[], next: () => number | boolean): Nested {
  const [extent, ...rest] = shape;
  if (extent === undefined) return next();
  return Array.from({ length: extent }, () => nest(rest, next));
}

/** "x[3]", or "x" where there is one. */
function nameOf(tensor: Tensor, index: number): string {
  let left = index;
  const at: number[] = [];
  for (const extent of [...rowShape(tensor)].reverse()) {
    at.unshift(left % extent);
    left = Math.floor(left / extent);
  }
  return countOf(tensor) === 1 ? tensor.name : `${tensor.name}[${at.join(", ")}]`;
}

interface Part {
  element: HTMLElement;
  value: () => Nested; // throws Failure
  fill: (next: () => number) => void;
}

function fields(tensor: Tensor): Part {
  const element = make("fieldset", "numbers");
  element.append(make("legend", "", `${tensor.name} · ${tensor.datatype}`));
  const whole = !tensor.datatype.startsWith("FP");
  const inputs = Array.from({ length: countOf(tensor) }, (_, index) => {
    const label = make("label", "number");
    const field = make("input");
    field.type = "number";
    field.step = whole ? "1" : "any";
    field.required = true;
    field.value = "0";
    label.append(make("span", "", nameOf(tensor, index)), field);
    element.append(label);
    return field;
  });
  const read = (field: HTMLInputElement): number | boolean => {
    if (!field.reportValidity()) throw new Failure("A number is missing or wrong", [`See ${field.labels?.[0]?.textContent ?? "the fields"}.`]);
    return tensor.datatype === "BOOL" ? field.valueAsNumber !== 0 : field.valueAsNumber;
  };
  return {
    element,
    value: () => {
      let index = 0;
      return nest(rowShape(tensor), () => read(inputs[index++]!));
    },
    fill: (next) => {
      for (const field of inputs) field.value = String(whole ? Math.round(next()) : next());
    },
  };
}

function area(tensor: Tensor): Part {
  const element = make("div");
  const label = make("label", "field-label", `${tensor.name} · ${tensor.datatype} · ${rowShape(tensor).join(" × ")}`);
  const text = make("textarea");
  text.id = `tensor-${tensor.name}`;
  text.rows = 7;
  text.spellcheck = false;
  label.htmlFor = text.id;
  let filled: Nested | null = null; // too many to be shown
  const fill = (next: () => number): void => {
    const value = nest(rowShape(tensor), () => (tensor.datatype === "BOOL" ? next() >= 0.5 : next()));
    filled = countOf(tensor) > kTextMax ? value : null;
    text.value = filled ? "" : JSON.stringify(value);
    text.placeholder = filled ? `${countOf(tensor)} numbers, too many to be shown` : "";
  };
  fill(() => 0);
  element.append(label, text);
  return {
    element,
    value: () => {
      if (filled && !text.value) return filled;
      try {
        return JSON.parse(text.value) as Nested;
      } catch (error) {
        throw new Failure("The numbers cannot be read", [`${tensor.name}: ${String(error)}`]);
      }
    },
    fill,
  };
}

export function numbersInput(model: Model, desk: Desk): Input {
  const element = make("form");
  element.noValidate = true; // each field says itself what is wrong
  const tensors = model.input.tensors;
  const half = tensors.find((tensor) => /^(FP16|BF16)$/.test(tensor.datatype));
  if (half) {
    element.append(make("p", "", `${half.name} takes half floats, which have no JSON: ask in binary, through /v2.`));
    return { element, help: "" };
  }
  const few = tensors.reduce((sum, tensor) => sum + countOf(tensor), 0) <= kFieldsMax;
  const parts = tensors.map((tensor) => ({ name: tensor.name, ...(few ? fields(tensor) : area(tensor)) }));
  const send = (): void => {
    try {
      const named = Object.fromEntries(parts.map((part) => [part.name, part.value()]));
      const instance = parts.length === 1 ? parts[0]!.value() : named;
      desk.ask({ body: JSON.stringify({ instances: [instance] }), type: "application/json", file: "question.json" });
    } catch (error) {
      desk.refuse(error instanceof Failure ? error : new Failure("The numbers cannot be read", [String(error)]));
    }
  };
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  const fill = (next: () => number) => (): void => parts.forEach((part) => part.fill(next));
  const ask = make("button", "button main", "Ask");
  const row = make("div", "row");
  const random = (): number => Math.round(Math.random() * 1000) / 1000;
  row.append(ask, button("Zeros", "button", fill(() => 0)), button("Random", "button", fill(random)));
  if (!few && parts.length === 1) {
    const take = (file: File): void => {
      void file.text().then((body) => desk.ask({ body: `{"instances": [${body}]}`, type: "application/json", file: "question.json" }));
    };
    row.append(chooser("From a JSON file", ".json,application/json", take));
  }
  element.append(...parts.map((part) => part.element), row);
  return { element, help: "" };
}
