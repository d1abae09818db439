// Drives the page at / in Chromium against a running `keelrow up`:
//   BASE_URL=http://127.0.0.1:8080 TOKEN=… PICTURE=5.png LABEL=5 node predict_page_test.mjs
// TOKEN         a valid token; empty where auth is off
// PICTURE       a picture that the model answers with LABEL
// SCREENSHOTS   folder for screenshots, optional
// CHROMIUM      browser, /usr/bin/chromium by default
// KEELROW_WEB_MODULES   folder that holds playwright-core, .deps/web/node_modules by default
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const env = process.env;
const root = fileURLToPath(new URL("../..", import.meta.url));
const modules = env.KEELROW_WEB_MODULES ?? join(root, ".deps/web/node_modules");
const { chromium } = createRequire(join(modules, "x.js"))("playwright-core");

const kDeadlineMs = 15_000;
for (const name of ["BASE_URL", "PICTURE", "LABEL"]) assert.ok(env[name], `${name} is not set`);
const token = env.TOKEN ?? "";
const picture = { name: basename(env.PICTURE), mimeType: "image/png", buffer: readFileSync(env.PICTURE) };

const kOffline = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Dropped on the page as from a file manager. */
async function drop(page, { name, mimeType, buffer }) {
  const transfer = await page.evaluateHandle(([fileName, type, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], fileName, { type }));
    return data;
  }, [name, mimeType, buffer.toString("base64")]);
  await page.dispatchEvent("#drop", "drop", { dataTransfer: transfer });
}

async function shoot(page, name) {
  if (env.SCREENSHOTS) await page.screenshot({ path: join(env.SCREENSHOTS, `${name}.png`), fullPage: true });
}

async function expectAnswer(page) {
  await page.waitForSelector("#answer .label");
  assert.equal(await page.textContent("#answer .label"), env.LABEL);
  const values = await page.locator("#answer .bars li").count();
  assert.ok(values >= 1 && values <= 10, `${values} bars`);
  assert.match(await page.textContent("#answer .facts"), /\d ms there and back/);
}

async function expectFailure(page, title) {
  await page.waitForSelector("#answer .failure");
  assert.match(await page.textContent("#answer [role=alert] h2"), title);
}

const steps = {
  async "says which model answers"(page) {
    await page.waitForFunction(() => document.getElementById("model-facts").textContent !== "");
    assert.match(await page.textContent("#model-facts"), /version \S+ · .*\d+ classes/);
    assert.equal(await page.isVisible("#access"), token !== "");
  },
  async "answers a dropped picture"(page) {
    if (token) await page.fill("#token", token);
    await drop(page, picture);
    await expectAnswer(page);
    await shoot(page, "answer");
  },
  async "answers a picture chosen by keyboard"(page) {
    const answered = page.waitForResponse(/\/predict$/);
    await page.focus("#picture");
    await page.keyboard.press("Enter");
    assert.equal((await answered).status(), 200);
    await page.waitForSelector("#answer[aria-busy=false]");
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
    await page.waitForFunction(() => /not a picture/.test(document.querySelector("#answer h2").textContent));
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
  async "fits a phone"(page) {
    await page.setViewportSize({ width: 390, height: 844 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${overflow} pixels wider than the screen`);
    await page.emulateMedia({ colorScheme: "dark" });
    await shoot(page, "phone-dark");
  },
};

const browser = await chromium.launch({ executablePath: env.CHROMIUM ?? "/usr/bin/chromium", args: kOffline });
try {
  const page = await browser.newPage({ viewport: { width: 1100, height: 860 } });
  page.setDefaultTimeout(kDeadlineMs);
  // Listening from the start: Chromium is told to hand over its file dialog only by this, and not
  // before the next key press otherwise.
  page.on("filechooser", (chooser) => chooser.setFiles(picture));
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // Chromium itself logs every 4xx answer; those are asked for here, and shown by the page.
    const refusal = /status of 4\d\d/.test(message.text());
    if (message.type() === "error" && !refusal) complaints.push(message.text());
  });
  const home = await page.goto(env.BASE_URL);
  assert.match(home.headers()["content-security-policy"] ?? "", /script-src 'sha256-/);
  for (const [name, step] of Object.entries(steps)) {
    await step(page);
    console.log(`ok - ${name}`);
  }
  assert.deepEqual(complaints, [], "the console has errors");
  console.log(`predict page: ${Object.keys(steps).length} checks passed`);
} finally {
  await browser.close();
}
