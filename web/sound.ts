// Sound in the browser: decoding, one channel at a wanted rate, recording, WAV, and its picture.

export interface Sound {
  samples: Float32Array; // one channel, -1 … 1
  rate: number; // of a second
}

/** Any file that the browser can play. */
export async function decodeSound(file: Blob, rate: number): Promise<Sound> {
  // The context's rate is the one that decoding resamples to.
  const context = new OfflineAudioContext(1, 1, rate);
  const buffer = await context.decodeAudioData(await file.arrayBuffer());
  const samples = new Float32Array(buffer.length);
  for (let channel = 0; channel < buffer.numberOfChannels; ++channel) {
    const data = buffer.getChannelData(channel);
    for (let i = 0; i < data.length; ++i) samples[i]! += data[i]! / buffer.numberOfChannels;
  }
  return { samples, rate };
}

/** 16 bits, one channel. */
export function encodeWav({ samples, rate }: Sound): Blob {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at: number, word: string): void => {
    for (let i = 0; i < word.length; ++i) view.setUint8(at + i, word.charCodeAt(i));
  };
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, i) => {
    view.setInt16(44 + 2 * i, Math.round(Math.max(-1, Math.min(1, sample)) * 32767), true);
  });
  return new Blob([view], { type: "audio/wav" });
}

/** Lowest and highest sample of each column, in the current colour of `canvas`. */
export function drawWave(canvas: HTMLCanvasElement, samples: Float32Array): void {
  const { width, height } = canvas;
  const context = canvas.getContext("2d")!;
  context.clearRect(0, 0, width, height);
  context.fillStyle = getComputedStyle(canvas).color;
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-4);
  for (let x = 0; x < width; ++x) {
    const begin = Math.floor((x * samples.length) / width);
    const end = Math.max(begin + 1, Math.floor(((x + 1) * samples.length) / width));
    let low = 0;
    let high = 0;
    for (let i = begin; i < end && i < samples.length; ++i) {
      low = Math.min(low, samples[i]!);
      high = Math.max(high, samples[i]!);
    }
    const top = (1 - high / loudest) * 0.5 * height;
    context.fillRect(x, top, 1, Math.max(1, ((high - low) / loudest) * 0.5 * height));
  }
}

export const canRecord = (): boolean => Boolean(navigator.mediaDevices?.getUserMedia) && "MediaRecorder" in window;

export class Recorder {
  #recorder: MediaRecorder | null = null;

  get running(): boolean {
    return this.#recorder !== null;
  }

  /** Throws what getUserMedia throws; `done` gets the recording after stop(). */
  async start(done: (recording: Blob) => void): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const pieces: Blob[] = [];
    const recorder = new MediaRecorder(stream);
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    recorder.addEventListener("stop", () => {
      for (const track of stream.getTracks()) track.stop();
      if (pieces.length > 0) done(new Blob(pieces, { type: recorder.mimeType }));
    });
    recorder.start();
    this.#recorder = recorder;
  }

  stop(): void {
    this.#recorder?.stop();
    this.#recorder = null;
  }
}
