// A picture: chosen, dropped, pasted, or drawn. The file goes to the service as it is.
import { Failure } from "./api";
import { button, chooser, make } from "./dom";
import type { Desk, Input } from "./input";

const kPad = 280; // pixels of the drawing
const kInk = 20;

/** White on black, as handwriting is in most data sets; asks when the pen is lifted. */
function drawingPad(done: (file: File) => void): HTMLCanvasElement {
  const pad = make("canvas", "pad");
  pad.width = pad.height = kPad;
  pad.setAttribute("role", "img");
  pad.ariaLabel = "Drawing area: draw with mouse, pen or finger";
  const context = pad.getContext("2d")!;
  context.fillStyle = "#000";
  context.fillRect(0, 0, kPad, kPad);
  context.strokeStyle = "#fff";
  context.lineWidth = kInk;
  context.lineCap = context.lineJoin = "round";
  const move = (event: PointerEvent): void => {
    const box = pad.getBoundingClientRect();
    context.lineTo(((event.clientX - box.left) / box.width) * kPad, ((event.clientY - box.top) / box.height) * kPad);
    context.stroke();
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    context.beginPath();
    move(event);
    move(event); // a tap is a dot
    pad.addEventListener("pointermove", move);
  });
  const lift = (): void => {
    pad.removeEventListener("pointermove", move);
    pad.toBlob((blob) => {
      if (blob) done(new File([blob], "drawing.png", { type: "image/png" }));
    }, "image/png");
  };
  pad.addEventListener("pointerup", lift);
  return pad;
}

export function pictureInput(_model: unknown, desk: Desk): Input {
  const element = make("div");
  const frame = make("div", "frame");
  const invitation = make("p", "invitation", "Choose a picture, drop it here, or paste it");
  const name = make("p", "quiet file-name");
  let url = "";

  const send = (file: File): void => desk.ask({ body: file, type: file.type, file: file.name });
  const show = (file: File): void => {
    URL.revokeObjectURL(url);
    url = URL.createObjectURL(file);
    const preview = make("img", "preview");
    preview.alt = file.name;
    preview.onload = () => preview.classList.toggle("sharp", preview.naturalWidth < 96);
    preview.onerror = () => frame.replaceChildren(invitation);
    preview.src = url;
    frame.replaceChildren(preview);
    frame.classList.add("filled");
    name.textContent = file.name;
    drawButton.textContent = "Draw";
  };
  const take = (file: File): void => {
    if (!file.type.startsWith("image/")) {
      const what = `The file ${file.name} is ${file.type || "of unknown type"}.`;
      return desk.refuse(new Failure("This is not a picture", [what]));
    }
    show(file);
    send(file);
  };
  const draw = (): void => {
    frame.replaceChildren(drawingPad(send));
    frame.classList.add("filled");
    name.textContent = "";
    drawButton.textContent = "Start over";
  };
  const drawButton = button("Draw", "button", draw);
  frame.append(invitation);
  const row = make("div", "row");
  const choose = chooser("Choose a picture", "image/*", take);
  frame.addEventListener("click", () => {
    if (!frame.querySelector(".pad")) choose.click(); // a label: it opens its field
  });
  row.append(choose, drawButton);
  element.append(frame, row, name);
  return { element, help: "", take, close: () => URL.revokeObjectURL(url) };
}
