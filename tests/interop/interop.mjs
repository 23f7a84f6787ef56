// Every way in which our codes meet programs that we did not write; ends with an error at the first that fails.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { brotliDecompressSync, inflateRawSync } from 'node:zlib'
import urs from '@ngraveio/bc-ur'
import { joinQRs, splitQRs } from 'bbqr'
import { Chance } from './chance.mjs'
import { HALVES, scan, show } from './halves.mjs'
import { psbt, snapshot, xrpBlob, xrpJson } from './payloads.mjs'

const { UR, UREncoder, URDecoder } = urs
const root = process.env.AIRLOCK_WORKSPACE
const SEED = 20261121
const LOSSES = [0, 10, 30]
const OUTPUTS = [1, 60, 300, 1200]

const chance = new Chance(SEED)
let cases = 0
const say = (line) => console.log(line)
const equal = (found, expected, name) => {
  assert.ok(Buffer.from(found).equals(expected), `${name}: other bytes`)
  cases += 1
}

// What bc-ur makes of the frames, and how many it took.
const decoded = (frames, name) => {
  const decoder = new URDecoder()
  for (const [index, frame] of frames.entries()) {
    decoder.receivePart(frame.toLowerCase())
    if (decoder.isComplete()) {
      assert.ok(decoder.isSuccess(), `${name}: ${decoder.resultError()}`)
      const ur = decoder.resultUR()
      return { type: ur.type, bytes: ur.decodeCBOR(), frames: index + 1 }
    }
  }
  throw new Error(`${name}: ${frames.length} frames were not enough for bc-ur`)
}

// The envelope of our own halves, opened with what Node has.
const opened = (envelope) => {
  assert.equal(envelope.subarray(0, 4).toString(), 'AGQ1')
  const [codec, length, hash, coded] =
    [envelope[4], envelope.readUInt32BE(6), envelope.subarray(10, 42), envelope.subarray(42)]
  const plain = [(bytes) => bytes, inflateRawSync, brotliDecompressSync][codec](coded)
  assert.equal(plain.length, length)
  assert.ok(createHash('sha256').update(plain).digest().equals(hash))
  return plain
}

const weShowUr = () => {
  say('\nwe show, bc-ur reads: frames seen until complete, from the first | joined late; loss 0/10/30 %')
  const all = [...OUTPUTS.map((outputs) => ['PSBT', psbt(outputs)]), ['XRP JSON', xrpJson(root)],
    ['XRP blob', xrpBlob(root)], ['snapshot', snapshot(root)]]
  const some = all.slice(0, 2).concat(all.slice(OUTPUTS.length))
  const payloads = { sparrow: all, keystone: some, seedsigner: some, generic: some, airlock: all }
  for (const profile of Object.keys(payloads)) {
    for (const [what, payload] of payloads[profile]) {
      const half = HALVES[cases % 2]
      const first = show(half, payload, profile)
      const parts = first.source_frames
      const { frames: shown } = show(half, payload, profile, '--frames', String(Math.min(12 * parts + 50, 6144)))
      const counts = []
      // Mixed parts for our own receiver, which solves equations, are too dense for one that peels.
      const own = profile === 'airlock' && parts > 1
      for (const joined of own ? [0] : [0, 2 * parts + chance.below(parts)]) {
        for (const loss of own ? [0] : LOSSES) {
          const name = `${profile} ${what} ${payload.length} B, loss ${loss} %, from ${joined}`
          const { type, bytes, frames } = decoded(chance.seen(shown.slice(joined), loss), name)
          const sealed = profile === 'airlock' && type === 'bytes'
          assert.equal(type, what === 'PSBT' && !sealed ? 'crypto-psbt' : 'bytes', name)
          equal(sealed ? opened(bytes) : bytes, payload, name)
          counts.push(frames)
        }
      }
      const late = own ? '' : ` | ${counts.slice(3).join('/')}`
      say(`  ${profile.padEnd(10)} ${what.padEnd(8)} ${String(payload.length).padStart(6)} B  v${first.version}  ` +
        `${String(parts).padStart(3)} parts: ${counts.slice(0, 3).join('/')}${late}`)
    }
  }
}

const weShowBbqr = () => {
  say('\nwe show, bbqr reads: coldcard')
  const payloads = [...OUTPUTS.map((outputs) => ['P', psbt(outputs)]), ['J', xrpJson(root)], ['B', xrpBlob(root)],
    ['J', snapshot(root)]]
  for (const [kind, payload] of payloads) {
    for (const density of ['low', 'normal', 'high', 'max']) {
      const shown = show(HALVES[cases % 2], payload, 'coldcard', '--density', density)
      const joined = joinQRs(chance.shuffled(shown.frames))
      assert.equal(joined.fileType, kind)
      equal(joined.raw, payload, `coldcard ${kind} ${payload.length} B ${density}`)
      if (density === 'normal') {
        say(`  ${kind} ${String(payload.length).padStart(6)} B  v${shown.version}  ${shown.source_frames} parts, ` +
          `encoding ${joined.encoding}`)
      }
    }
  }
}

const weReadUr = () => {
  say('\nbc-ur shows, we read: codes seen until complete, from the first | joined late; loss 0/10/30 %')
  const noise = Buffer.from(Array.from({ length: 20_000 }, () => chance.below(256)))
  const payloads = [...OUTPUTS.map((outputs) => ['crypto-psbt', psbt(outputs)]), ['psbt', psbt(60)],
    ['bytes', xrpJson(root)], ['bytes', xrpBlob(root)], ['bytes', noise], ['bytes', snapshot(root)]]
  for (const [type, payload] of payloads) {
    for (const most of payload.length < 3000 ? [100, 400] : [400]) {
      const ur = new UR(UR.fromBuffer(payload).cbor, type)
      const parts = new UREncoder(ur, most, 0).fragmentsLength
      const counts = []
      for (const joined of [0, 3 * parts + chance.below(parts)]) {
        const encoder = new UREncoder(ur, most, joined)
        const frames = Array.from({ length: 3 * parts + 30 }, () => encoder.nextPart())
        for (const loss of LOSSES) {
          const cased = cases % 3 === 0 ? frames : frames.map((frame) => frame.toUpperCase())
          const { bytes, codes } = scan(HALVES[cases % 2], chance.seen(cased, loss))
          equal(bytes, payload, `bc-ur ${type} ${payload.length} B at ${most}, loss ${loss} %, from ${joined}`)
          counts.push(codes)
        }
      }
      if (most === 400) {
        say(`  ${type.padEnd(11)} ${String(payload.length).padStart(6)} B  ${String(parts).padStart(3)} parts: ` +
          `${counts.slice(0, 3).join('/')} | ${counts.slice(3).join('/')}`)
      }
    }
  }
}

const weReadBbqr = () => {
  say('\nbbqr shows, we read')
  const payloads = [...OUTPUTS.map((outputs) => ['P', psbt(outputs)]), ['J', xrpJson(root)], ['J', snapshot(root)],
    ['U', Buffer.from('invoice 42 of the treasury\n'.repeat(200))], ['B', xrpBlob(root)]]
  for (const [kind, payload] of payloads) {
    for (const encoding of ['H', '2', 'Z']) {
      for (const maxVersion of [10, 27, 40]) {
        const split = splitQRs(payload, kind, { encoding, maxVersion })
        const rounds = Array.from({ length: 12 }).flatMap(() => chance.shuffled(split.parts))
        const { bytes } = scan(HALVES[cases % 2], chance.seen(rounds, 30))
        equal(bytes, payload, `bbqr ${kind} ${payload.length} B ${encoding} v${maxVersion}`)
      }
    }
    say(`  ${kind} ${String(payload.length).padStart(6)} B in H, 2 and Z at v10, v27 and v40, 30 % lost, in any order`)
  }
}

say(`seed ${SEED}; @ngraveio/bc-ur 1.1.13, bbqr 1.2.0, node ${process.version}`)
weShowUr()
weShowBbqr()
weReadUr()
weReadBbqr()
say(`\n${cases} transfers, all bytes equal`)
