// What we show is read by npm `@ngraveio/bc-ur` and npm `bbqr`, and what they show is read by us.
//
// node interop.mjs PATH/airlock-online FOLDER_WITH_FILES

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import bcur from "@ngraveio/bc-ur";
import { joinQRs, splitQRs } from "bbqr";

const { UR, UREncoder, URDecoder } = bcur;
const [program, folder] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), "interop-"));

/** The BBQr file type of a kind of file. */
const TYPES = { psbt: "P", json: "J", tx: "T", blob: "B" };

function run(args, input) {
  return execFileSync(program, ["--home", join(scratch, "home"), ...args], { input, maxBuffer: 1 << 28 });
}

function shown(file, profile, density) {
  const args = ["qr", "show", file, "--for", profile, "--density", density, "--text"];
  return run(args).toString().trimEnd().split("\n");
}

function scanned(lines) {
  const out = join(scratch, "arrived");
  rmSync(out, { force: true });
  run(["qr", "scan", "--text", "--out", out], lines.join("\n") + "\n");
  return readFileSync(out);
}

/** Without every third frame: the fountain must make up for it. */
const lossy = (lines) => (lines.length < 6 ? lines : lines.filter((_, number) => number % 3 !== 1));

let exchanges = 0;
for (const name of readdirSync(folder).sort()) {
  const file = join(folder, name);
  const bytes = readFileSync(file);
  const type = TYPES[name.split(".").pop()];
  for (const density of ["low", "normal", "high"]) {
    // Ours to theirs, UR.
    const decoder = new URDecoder();
    for (const line of shown(file, "generic", density)) {
      assert.ok(decoder.receivePart(line.toLowerCase()) || decoder.isComplete());
    }
    assert.ok(decoder.isSuccess(), `${name}: ${decoder.resultError()}`);
    const ur = decoder.resultUR();
    assert.equal(ur.type, type === "P" ? "crypto-psbt" : "bytes");
    assert.deepEqual(Buffer.from(ur.decodeCBOR()), bytes, `${name}: UR to bc-ur`);
    // Ours to theirs, BBQr.
    const joined = joinQRs(shown(file, "coldcard", density));
    assert.equal(joined.fileType, type, name);
    assert.deepEqual(Buffer.from(joined.raw), bytes, `${name}: BBQr to bbqr`);
    exchanges += 2;
  }
  for (const fragment of [100, 200, 400]) {
    // Theirs to ours, UR, with losses.
    const message = type === "P" ? new UR(UR.fromBuffer(bytes).cbor, "crypto-psbt") : UR.fromBuffer(bytes);
    const encoder = new UREncoder(message, fragment);
    const frames = Array.from({ length: encoder.fragmentsLength * 3 + 8 }, () => encoder.nextPart());
    assert.deepEqual(scanned(encoder.fragmentsLength === 1 ? frames : lossy(frames)), bytes, `${name}: UR of bc-ur`);
    exchanges += 1;
  }
  for (const encoding of ["H", "2", "Z"]) {
    // Theirs to ours, BBQr, from the last to the first.
    const { parts } = splitQRs(bytes, type, { encoding, minVersion: 5, maxVersion: 20 });
    assert.deepEqual(scanned(parts.reverse()), bytes, `${name}: BBQr ${encoding} of bbqr`);
    exchanges += 1;
  }
}
rmSync(scratch, { recursive: true });
console.log(`${exchanges} exchanges with @ngraveio/bc-ur and bbqr: every file arrived whole`);
