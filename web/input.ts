// What all inputs have in common: one module a kind of data, each a function that makes one.
import type { Failure, Model, Question } from "./api";

export interface Desk {
  ask: (question: Question) => void; // a question is whole
  refuse: (failure: Failure) => void; // something was given that is none
}

export interface Input {
  element: HTMLElement;
  help: string; // one sentence below it
  take?: (file: File) => void; // a file that was dropped or pasted
  close?: () => void; // its microphone, its memory
}

export type MakeInput = (model: Model, desk: Desk) => Input;
