// What the tests of the page share: Chromium, files that are dropped, screenshots, complaints.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const env = process.env;
const root = fileURLToPath(new URL("../..", import.meta.url));
const modules = env.KEELROW_WEB_MODULES ?? join(root, ".deps/web/node_modules");
const { chromium } = createRequire(join(modules, "x.js"))("playwright-core");

const kDeadlineMs = 15_000;
const kOffline = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
/** A microphone that beeps, and a user who allows it. */
export const kMicrophone = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** Dropped on the page as from a file manager. */
export async function drop(page, { name, mimeType, buffer }) {
  const transfer = await page.evaluateHandle(([fileName, type, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], fileName, { type }));
    return data;
  }, [name, mimeType, buffer.toString("base64")]);
  await page.dispatchEvent("#input", "drop", { dataTransfer: transfer });
}

export async function shoot(page, name) {
  if (env.SCREENSHOTS) await page.screenshot({ path: join(env.SCREENSHOTS, `${name}.png`), fullPage: true });
}

export async function expectFailure(page, title) {
  await page.waitForSelector("#answer .failure");
  await page.waitForFunction(
    ([pattern]) => new RegExp(pattern).test(document.querySelector("#answer [role=alert] h2")?.textContent ?? ""),
    [title.source],
  );
}

/** No sideways scroll at this width, light and dark. */
export async function expectFits(page, width, height, name) {
  const before = page.viewportSize();
  await page.setViewportSize({ width, height });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${name}: ${overflow} pixels wider than the screen`);
  await shoot(page, `${name}-phone`);
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot(page, `${name}-phone-dark`);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(before);
}

/** Every field and button has a name for a screen reader, and every colour comes from the page. */
export async function expectNamed(page) {
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, select, textarea, canvas, img")]
      .filter((each) => each.checkVisibility())
      .filter((each) => !(each.labels?.length || each.textContent.trim() || each.ariaLabel || each.alt))
      .map((each) => each.outerHTML));
  assert.deepEqual(nameless, [], "elements without a name");
}

/**
 * Runs `steps`, {name: async (page, context)}, on the page at BASE_URL. Neither the console nor any
 * script may complain, and nothing but the service may be asked.
 */
export async function run(title, steps, { args = [], prepare = async () => {} } = {}) {
  const browser = await chromium.launch({
    executablePath: env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...kOffline, ...args],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1100, height: 860 } });
    page.setDefaultTimeout(kDeadlineMs);
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      // Chromium itself logs every 4xx answer; those are asked for here, and shown by the page.
      const refusal = /status of 4\d\d/.test(message.text());
      if (message.type() === "error" && !refusal) complaints.push(message.text());
    });
    page.on("request", (request) => {
      const allowed = [env.BASE_URL, "blob:", "data:"].some((start) => request.url().startsWith(start));
      if (!allowed) complaints.push(`asked ${request.url()}`);
    });
    await page.emulateMedia({ reducedMotion: "reduce" }); // no screenshot half-way
    await prepare(page);
    const home = await page.goto(env.BASE_URL);
    assert.match(home.headers()["content-security-policy"] ?? "", /default-src 'none'; script-src 'sha256-/);
    for (const [name, step] of Object.entries(steps)) {
      await step(page);
      console.log(`ok - ${name}`);
    }
    assert.deepEqual(complaints, [], "the console has errors");
    console.log(`${title}: ${Object.keys(steps).length} checks passed`);
  } finally {
    await browser.close();
  }
}
