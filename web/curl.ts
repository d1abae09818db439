// The question as a command for a shell.
import { pathOf, type Model, type Question } from "./api";

const kBodyMax = 600; // characters that stand in the command itself

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export interface Command {
  text: string;
  save: Blob | null; // what must lie in a file for it, and lies in none yet
  file: string;
}

export function commandOf(model: Model, question: Question, auth: boolean, origin: string): Command {
  const inline = typeof question.body === "string" && question.body.length <= kBodyMax;
  const lines = [`curl ${quoted(origin + pathOf(model))}`, `  -H ${quoted(`Content-Type: ${question.type}`)}`];
  if (auth) lines.push('  -H "Authorization: Bearer $(keelrow token)"');
  // --data-raw: a text may begin with @.
  lines.push(inline ? `  --data-raw ${quoted(question.body as string)}` : `  --data-binary ${quoted(`@${question.file}`)}`);
  const made = typeof question.body === "string" ? new Blob([question.body]) : question.body;
  const here = inline || (question.body instanceof File && question.file !== "drawing.png");
  return { text: lines.join(" \\\n"), save: here ? null : made, file: question.file };
}
