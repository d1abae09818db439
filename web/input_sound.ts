// Sound: a file goes to the service as it is, a recording as WAV; its waveform is shown. A network
// that takes samples, and no files, gets them as numbers.
import { Failure, type Model, type Tensor } from "./api";
import { button, chooser, make } from "./dom";
import type { Desk, Input } from "./input";
import { canRecord, decodeSound, drawWave, encodeWav, Recorder, type Sound } from "./sound";

const kRate = 16_000; // what models of speech take; a recording is made at it

/** As many as a fixed length wants: cut off, or silence behind. */
function fitted(samples: Float32Array, length: number): Float32Array {
  if (length < 0 || samples.length === length) return samples;
  const fixed = new Float32Array(length);
  fixed.set(samples.subarray(0, length));
  return fixed;
}

interface Studio {
  element: HTMLElement;
  take: (file: File) => void;
  close: () => void;
}

/** Buttons and waveform; `done` gets each sound, with its file unless it was recorded. */
function studio(desk: Desk, done: (sound: Sound, file: File | null) => void): Studio {
  const element = make("div");
  const frame = make("div", "frame low");
  const invitation = make("p", "invitation", "Choose a sound, or drop it here");
  const wave = make("canvas", "wave");
  wave.width = 680;
  wave.height = 160;
  const facts = make("p", "quiet file-name");
  frame.append(invitation);
  const show = (sound: Sound, name: string): void => {
    frame.replaceChildren(wave);
    frame.classList.add("filled");
    drawWave(wave, sound.samples);
    const seconds = (sound.samples.length / sound.rate).toFixed(2);
    wave.setAttribute("role", "img");
    wave.ariaLabel = `Waveform of ${name}, ${seconds} seconds`;
    facts.textContent = `${name} · ${seconds} s`;
  };
  const hear = async (blob: Blob, file: File | null): Promise<void> => {
    try {
      const sound = await decodeSound(blob, kRate);
      show(sound, file?.name ?? "Recording");
      done(sound, file);
    } catch {
      desk.refuse(new Failure("This is not a sound", [`The browser cannot play ${file?.name ?? "the recording"}.`]));
    }
  };
  const recorder = new Recorder();
  const toggle = async (): Promise<void> => {
    if (recorder.running) {
      recorder.stop();
      record.textContent = "Record";
      return;
    }
    try {
      await recorder.start((blob) => void hear(blob, null));
      record.textContent = "Stop";
    } catch {
      const why = "The browser did not allow it, or there is none. A sound file will do as well.";
      desk.refuse(new Failure("The microphone cannot be used", [why]));
    }
  };
  const record = button("Record", "button", () => void toggle());
  const take = (file: File): void => void hear(file, file);
  const row = make("div", "row");
  const choose = chooser("Choose a sound", "audio/*", take);
  frame.addEventListener("click", () => choose.click());
  row.append(choose);
  if (canRecord()) row.append(record);
  element.append(frame, row, facts);
  return { element, take, close: () => recorder.stop() };
}

export function soundInput(_model: unknown, desk: Desk): Input {
  const made = studio(desk, (sound, file) => {
    if (file) desk.ask({ body: file, type: file.type || "audio/wav", file: file.name });
    else desk.ask({ body: encodeWav(sound), type: "audio/wav", file: "recording.wav" });
  });
  const help = canRecord() ? "" : "To record, open this page over https or on this machine itself.";
  return { ...made, help };
}

/** Whether a network's only input may be a sound: one long, or any, axis of floats. */
export function isWave(tensor: Tensor): boolean {
  const [, ...axes] = tensor.shape;
  const length = axes.at(-1) ?? 0;
  const flat = axes.slice(0, -1).every((extent) => extent === 1);
  return tensor.datatype === "FP32" && axes.length > 0 && flat && (length < 0 || length >= 4000);
}

export function waveInput(model: Model, desk: Desk): Input {
  const tensor = model.input.tensors[0]!;
  const made = studio(desk, ({ samples }) => {
    const values = Array.from(fitted(samples, tensor.shape.at(-1)!), (x) => Number(x.toFixed(5)));
    // An axis of one channel, where there is one, is one pair of brackets more.
    const nested = tensor.shape.slice(1, -1).reduce<unknown>((inner) => [inner], values);
    desk.ask({ body: JSON.stringify({ instances: [nested] }), type: "application/json", file: "question.json" });
  });
  const length = tensor.shape.at(-1)! > 0 ? `, ${tensor.shape.at(-1)} of them` : "";
  return { ...made, help: `Sent as samples from −1 to 1 at 16 kHz, one channel${length}.` };
}
