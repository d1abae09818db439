// An answer as bars: probabilities by label, or whatever numbers a network gave.
import type { Classified, Model, Timed } from "./api";
import { make } from "./dom";

const kBarsMax = 10;

interface Bar {
  name: string;
  from: number; // where it begins and how long it is, both shares of the whole length
  share: number;
  value: string;
  first: boolean;
}

export function percent(share: number): string {
  if (share > 0 && share < 0.0005) return "<0.1\u202f%";
  if (share < 1 && share >= 0.9995) return ">99.9\u202f%";
  return `${(100 * share).toFixed(1)}\u202f%`;
}

function bars(title: string, rows: Bar[]): HTMLElement {
  const list = make("ol", "bars");
  list.ariaLabel = title;
  for (const row of rows) {
    const item = make("li", row.first ? "first" : "");
    const track = make("span", "track");
    const fill = make("span", "fill");
    fill.style.marginLeft = `${100 * row.from}%`;
    fill.style.width = `${100 * row.share}%`;
    track.append(fill);
    track.ariaHidden = "true";
    const name = make("span", "name", row.name);
    name.title = row.name;
    item.append(name, track, make("span", "value", row.value));
    list.append(item);
  }
  return list;
}

function isClassified(prediction: unknown): prediction is Classified {
  return typeof prediction === "object" && prediction !== null && "probabilities" in prediction && "label" in prediction;
}

function classified({ label, probabilities }: Classified): HTMLElement[] {
  const rows = Object.entries(probabilities).sort((a, b) => b[1] - a[1]);
  const shown = rows.slice(0, kBarsMax).map(([name, share]) => ({ name, from: 0, share, value: percent(share), first: name === label }));
  return [
    make("p", "label", label),
    make("p", "sure quiet", `${percent(probabilities[label] ?? 0)} probable`),
    bars("Probabilities", shown),
    ...(rows.length > kBarsMax ? [make("p", "quiet more", `${kBarsMax} of ${rows.length} classes`)] : []),
  ];
}

const flat = (value: unknown): number[] => (Array.isArray(value) ? value.flatMap(flat) : [Number(value)]);

/** Up to kBarsMax in their order, of more the largest; those below 0 to the left of it. */
function numbers(name: string, value: unknown): HTMLElement[] {
  const rows = flat(value).map((number, index) => ({ number, index }));
  const few = rows.length <= kBarsMax;
  const shown = few ? rows : [...rows].sort((a, b) => b.number - a.number).slice(0, kBarsMax);
  const low = rows.reduce((least, row) => Math.min(least, row.number), 0);
  const high = rows.reduce((most, row) => Math.max(most, row.number), 0);
  const range = high - low || 1;
  const best = rows.reduce((a, b) => (b.number > a.number ? b : a), rows[0]!);
  const list = shown.map(({ number, index }) => ({
    name: rows.length === 1 ? name : `${name}[${index}]`,
    from: (Math.min(number, 0) - low) / range,
    share: Math.abs(number) / range,
    value: String(Number(number.toPrecision(5))),
    first: rows.length > 1 && index === best.index,
  }));
  const more = few ? [] : [make("p", "quiet more", `the ${kBarsMax} largest of ${rows.length} numbers`)];
  return [make("h2", "output", name), bars(name, list), ...more];
}

export function answerOf(model: Model, { prediction, requestId, milliseconds }: Timed): HTMLElement[] {
  const facts = make("p", "facts quiet");
  facts.append(
    make("span", "", `${model.name} ${model.version}`),
    make("span", "", `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms there and back`),
  );
  if (requestId) facts.append(make("span", "", `request ${requestId}`));
  if (isClassified(prediction)) return [...classified(prediction), facts];
  const named = typeof prediction === "object" && prediction !== null && !Array.isArray(prediction);
  const outputs = named ? Object.entries(prediction) : [[model.outputs[0]?.name ?? "output", prediction] as [string, unknown]];
  return [...outputs.flatMap(([name, value]) => numbers(name, value)), facts];
}
