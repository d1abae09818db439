// Drives the page in Chromium against a `keelrow up --no-auth` that serves the networks of
// make_networks.py and a bundle of pictures: each kind of question, asked and answered.
//   BASE_URL=http://127.0.0.1:8080 BUNDLE=digits PICTURE=5.png node kinds_test.mjs
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drop, env, expectFailure, expectFits, expectNamed, kMicrophone, run, shoot } from "./browser.mjs";

for (const name of ["BASE_URL", "BUNDLE", "PICTURE"]) assert.ok(env[name], `${name} is not set`);
const scratch = mkdtempSync(join(tmpdir(), "keelrow-page-"));

async function chooseModel(page, name) {
  await page.selectOption("#choose-model", name);
  await page.waitForFunction((wanted) => document.getElementById("model-name").textContent === wanted, name);
}

const values = (page) => page.locator("#answer .bars .value").allTextContents();

/** Asks by `act` and gives the answer's bars. */
async function answerTo(page, act) {
  const answered = page.waitForResponse(/\/invoke$/);
  await act();
  const response = await answered;
  assert.equal(response.status(), 200, await response.text());
  await page.waitForSelector("#answer[aria-busy=false] .bars");
  return (await values(page)).map(Number);
}

/** The command, pasted into a shell, answers what the page shows. */
async function expectCommandWorks(page, shown) {
  if (await page.isVisible("#save")) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
    await download.saveAs(join(scratch, download.suggestedFilename()));
  }
  const command = await page.textContent("#command");
  const output = runCommand(command);
  const answer = JSON.parse(output).predictions?.[0];
  assert.ok(answer, `${command}\n${output}`);
  if (Array.isArray(answer)) {
    assert.deepEqual(answer.map((x) => Number(x.toPrecision(5))), shown, command);
  }
}

function runCommand(command) {
  return spawnSync("bash", ["-c", command], { cwd: scratch, encoding: "utf8" }).stdout;
}

/** The page with the bundle's kind of input changed. */
async function pretend(page, kind) {
  await page.unroute("**/api/models");
  await page.route("**/api/models", async (route) => {
    const body = await (await route.fetch()).json();
    for (const model of body.models) if (model.name === env.BUNDLE) model.input.kind = kind;
    await route.fulfill({ json: body });
  });
  await page.reload();
  await page.waitForSelector("#choose-model option", { state: "attached" });
  await chooseModel(page, env.BUNDLE);
}

/** A second of 440 Hz, 16 bits, 8 kHz. */
function tone() {
  const rate = 8000;
  const wav = Buffer.alloc(44 + 2 * rate);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(36 + 2 * rate, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(2 * rate, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(2 * rate, 40);
  for (let i = 0; i < rate; ++i) wav.writeInt16LE(Math.round(20000 * Math.sin((2 * Math.PI * 440 * i) / rate)), 44 + 2 * i);
  return { name: "it's a tone.wav", mimeType: "audio/wav", buffer: wav };
}

await run("kinds of questions", {
  async "every loaded model can be chosen"(page) {
    await page.waitForSelector("#choose-model option", { state: "attached" });
    const names = await page.locator("#choose-model option").allTextContents();
    for (const name of ["half", "mlp", "packed", "pair", "photo", "tokens", "tones", env.BUNDLE]) {
      assert.ok(names.includes(name), `${name} is missing among ${names}`);
    }
  },
  async "numbers: a field each"(page) {
    await chooseModel(page, "mlp");
    assert.equal(await page.locator("#input input[type=number]").count(), 6);
    await expectNamed(page);
    for (const [index, value] of [1, -2.5, 0.5, 0, 3, 1e-3].entries()) {
      await page.locator("#input input[type=number]").nth(index).fill(String(value));
    }
    const shown = await answerTo(page, () => page.keyboard.press("Enter"));
    assert.equal(shown.length, 3);
    await expectCommandWorks(page, shown);
    await shoot(page, "numbers");
    await page.emulateMedia({ colorScheme: "dark" });
    await shoot(page, "numbers-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await expectFits(page, 360, 740, "numbers");
  },
  async "a number that is missing is said"(page) {
    await page.locator("#input input[type=number]").nth(2).fill("");
    await page.click("#input >> text=Ask");
    await expectFailure(page, /number is missing/);
    assert.equal(await page.evaluate(() => document.activeElement.type), "number");
  },
  async "versions differ in their inputs"(page) {
    await page.selectOption("#choose-version", "1");
    await page.waitForFunction(() => document.querySelectorAll("#input input[type=number]").length === 4);
    const shown = await answerTo(page, () => page.click("#input >> text=Ask"));
    assert.match(await page.textContent("#command"), /models\/mlp@1\/invoke/);
    await expectCommandWorks(page, shown);
  },
  async "two inputs"(page) {
    await chooseModel(page, "pair");
    await page.click("text=Random");
    const shown = await answerTo(page, () => page.click("#input >> text=Ask"));
    await expectCommandWorks(page, shown);
    await shoot(page, "two-inputs");
  },
  async "whole numbers"(page) {
    await chooseModel(page, "tokens");
    await page.locator("#input input[type=number]").nth(4).fill("99");
    await expectCommandWorks(page, await answerTo(page, () => page.click("#input >> text=Ask")));
  },
  async "more numbers than fields"(page) {
    await chooseModel(page, "photo");
    await page.click("text=Random");
    const shown = await answerTo(page, () => page.click("#input >> text=Ask"));
    await expectCommandWorks(page, shown);
    await page.fill("#input textarea", "[1, 2");
    await page.click("#input >> text=Ask");
    await expectFailure(page, /cannot be read/);
    await page.fill("#input textarea", "[[[1, 2]]]");
    await page.click("#input >> text=Ask");
    await expectFailure(page, /cannot be used/);
    await shoot(page, "many-numbers");
    await expectFits(page, 390, 844, "many-numbers");
  },
  async "half floats are said to have no JSON"(page) {
    await chooseModel(page, "half");
    assert.match(await page.textContent("#input"), /half floats/);
  },
  async "sound: a file, as samples"(page) {
    await chooseModel(page, "tones");
    await expectNamed(page);
    const shown = await answerTo(page, () => drop(page, tone()));
    // The mean of |sin| is 2/π, the network's outputs are 1, 2 and 3 times it.
    const loud = (20000 / 32768) * (2 / Math.PI);
    for (const [index, value] of shown.entries()) {
      assert.ok(Math.abs(value / (index + 1) - loud) < 0.01, `${value} is not ${(index + 1) * loud}`);
    }
    assert.match(await page.textContent("#input"), /it's a tone.wav · 1.00 s/);
    await expectCommandWorks(page, shown);
    await shoot(page, "sound");
    await page.emulateMedia({ colorScheme: "dark" });
    await shoot(page, "sound-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await expectFits(page, 390, 844, "sound");
  },
  async "sound: the microphone"(page) {
    await page.click("text=Record");
    await page.waitForSelector("text=Stop");
    await page.waitForTimeout(1200); // fake microphones beep once a second
    const shown = await answerTo(page, () => page.click("text=Stop"));
    assert.ok(shown[0] > 0.0001, `silence: ${shown}`);
    assert.match(await page.textContent("#input"), /Recording · [0-9.]+ s/);
  },
  async "a file that is no sound is said"(page) {
    await drop(page, { name: "a.wav", mimeType: "audio/wav", buffer: Buffer.from("RIFF, but no sound") });
    await expectFailure(page, /not a sound/);
  },
  async "pictures, and the command with their file"(page) {
    await chooseModel(page, env.BUNDLE);
    const buffer = readFileSync(env.PICTURE);
    writeFileSync(join(scratch, "my picture.png"), buffer);
    await answerTo(page, () => drop(page, { name: "my picture.png", mimeType: "image/png", buffer }));
    await expectCommandWorks(page, []);
  },
  // No bundle takes texts or sounds yet: the page is told that this one does, and the service, which
  // is real, must get what was typed or recorded, and its refusal must be shown.
  async "a bundle of texts would get what is typed"(page) {
    await pretend(page, "text");
    await page.fill("#input textarea", "@home: “žluťoučký kůň”\nit's a line");
    const asked = page.waitForRequest(/\/invoke$/);
    await page.keyboard.press("Control+Enter");
    assert.equal((await asked).headers()["content-type"], "text/plain");
    assert.equal((await asked).postData(), "@home: “žluťoučký kůň”\nit's a line");
    await expectFailure(page, /cannot be used/);
    await expectNamed(page);
    await shoot(page, "text");
    await expectFits(page, 390, 844, "text");
    assert.match(runCommand(await page.textContent("#command")), /starts with .*@home/);
  },
  async "a bundle of sounds would get the file, or a recording as WAV"(page) {
    await pretend(page, "audio");
    const file = page.waitForRequest(/\/invoke$/);
    await drop(page, tone());
    assert.equal((await file).headers()["content-type"], "audio/wav");
    await expectFailure(page, /cannot be used/);
    await page.click("text=Record");
    await page.waitForSelector("text=Stop");
    await page.waitForTimeout(500);
    const recorded = page.waitForRequest(/\/invoke$/);
    await page.click("text=Stop");
    assert.equal((await recorded).headers()["content-type"], "audio/wav");
    await page.waitForSelector("text=Save recording.wav");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
    const wav = readFileSync(await download.path());
    assert.equal(wav.toString("latin1", 0, 4) + wav.toString("latin1", 8, 12), "RIFFWAVE");
    assert.equal(wav.readUInt32LE(4) + 8, wav.length);
    await page.unroute("**/api/models");
    await page.reload();
    await page.waitForSelector("#choose-model option", { state: "attached" });
  },
  async "going through everything by keyboard"(page) {
    await chooseModel(page, "mlp");
    await page.focus("#choose-model");
    const seen = new Set();
    for (let i = 0; i < 14; ++i) {
      await page.keyboard.press("Tab");
      seen.add(await page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.type));
    }
    for (const one of ["number", "Ask", "Zeros", "Random"]) assert.ok(seen.has(one), `${one} is not reached: ${[...seen]}`);
  },
}, { args: kMicrophone });
