// Drives the page at / in Chromium against a running `keelrow up`:
//   BASE_URL=http://127.0.0.1:8080 TOKEN=… PICTURE=5.png LABEL=5 node predict_page_test.mjs
// TOKEN         a valid token; empty where auth is off
// PICTURE       a picture that the model answers with LABEL
// SCREENSHOTS   folder for screenshots, optional
// CHROMIUM      browser, /usr/bin/chromium by default
// KEELROW_WEB_MODULES   folder that holds playwright-core, .deps/web/node_modules by default
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { drop, env, expectFailure, expectFits, expectNamed, run, shoot } from "./browser.mjs";

for (const name of ["BASE_URL", "PICTURE", "LABEL"]) assert.ok(env[name], `${name} is not set`);
const token = env.TOKEN ?? "";
const picture = { name: basename(env.PICTURE), mimeType: "image/png", buffer: readFileSync(env.PICTURE) };

async function expectAnswer(page) {
  await page.waitForSelector("#answer .label");
  assert.equal(await page.textContent("#answer .label"), env.LABEL);
  const values = await page.locator("#answer .bars li").count();
  assert.ok(values >= 1 && values <= 10, `${values} bars`);
  assert.match(await page.textContent("#answer .facts"), /\d ms there and back/);
}

await run("predict page", {
  async "asks for a token before it names a model"(page) {
    if (!token) return;
    await expectFailure(page, /token is needed/);
    assert.equal(await page.evaluate(() => document.activeElement.id), "token");
    assert.equal(await page.textContent("#model-facts"), "");
    await page.fill("#token", "eyJhbGciOiJub25lIn0.e30.");
    await page.keyboard.press("Enter");
    await expectFailure(page, /token was not accepted/);
    await page.fill("#token", token);
    await page.keyboard.press("Enter");
  },
  async "says which model answers"(page) {
    await page.waitForFunction(() => document.getElementById("model-facts").textContent !== "");
    assert.match(await page.textContent("#model-facts"), /version \S+ · .*\d+ classes/);
    assert.equal(await page.isVisible("#access"), token !== "");
    await expectNamed(page);
    await shoot(page, "picture-empty");
  },
  async "answers a dropped picture"(page) {
    await drop(page, picture);
    await expectAnswer(page);
    await shoot(page, "picture");
  },
  async "answers a picture chosen by keyboard"(page) {
    const answered = page.waitForResponse(/\/invoke$/);
    await page.focus("#input input[type=file]");
    await page.keyboard.press("Enter");
    assert.equal((await answered).status(), 200);
    await page.waitForSelector("#answer[aria-busy=false]");
    await expectAnswer(page);
  },
  async "answers a drawing"(page) {
    await page.click("text=Draw");
    const box = await page.locator(".pad").boundingBox();
    const at = (x, y) => [box.x + x * box.width, box.y + y * box.height];
    const answered = page.waitForResponse(/\/invoke$/);
    await page.mouse.move(...at(0.5, 0.15));
    await page.mouse.down();
    await page.mouse.move(...at(0.5, 0.85), { steps: 12 });
    await page.mouse.up();
    assert.equal((await answered).status(), 200);
    await page.waitForFunction(() => /drawing.png/.test(document.getElementById("command").textContent));
    assert.equal(await page.isVisible("#save"), true, "a drawing lies in no file yet");
    await expectNamed(page);
    await shoot(page, "drawing");
    await drop(page, picture);
    await expectAnswer(page);
  },
  async "keeps the token for this tab only"(page) {
    assert.equal(await page.evaluate(() => sessionStorage.getItem("keelrow.token") ?? ""), token);
    assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
  },
  async "explains a file that is no picture"(page) {
    await drop(page, { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("only text") });
    await expectFailure(page, /cannot be used|answered with 4/);
    await shoot(page, "not-a-picture");
    await drop(page, { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("only text") });
    await expectFailure(page, /not a picture/);
  },
  async "explains a wrong token"(page) {
    if (!token) return;
    await page.fill("#token", "eyJhbGciOiJub25lIn0.e30.");
    await drop(page, picture);
    await expectFailure(page, /token was not accepted/);
    assert.ok((await page.textContent("#answer .failure")).length > 30, "the message says too little");
    assert.equal(await page.evaluate(() => document.activeElement.id), "token");
    await shoot(page, "wrong-token");
    await page.fill("#token", token);
    await page.keyboard.press("Enter");
    await expectAnswer(page);
  },
  async "shows the description of the API"(page) {
    await page.click("#description");
    await page.waitForURL(/^blob:|openapi.json$/);
    assert.match(await page.textContent("body"), /"openapi":"3/);
    await page.goto(env.BASE_URL);
    await page.waitForSelector("#input input[type=file]", { state: "attached" });
    await drop(page, picture);
    await expectAnswer(page);
  },
  async "fits a phone"(page) {
    await expectFits(page, 390, 844, "picture");
    await expectFits(page, 320, 640, "picture-small");
  },
}, {
  // Listening from the start: Chromium is told to hand over its file dialog only by this, and not
  // before the next key press otherwise.
  prepare: async (page) => {
    page.on("filechooser", (chooser) => chooser.setFiles(picture));
  },
});
