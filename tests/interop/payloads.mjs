// What crosses: PSBTs of any size, an XRP transaction as JSON and as a blob, a snapshot of ours.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const sha256 = (bytes) => createHash('sha256').update(bytes).digest()

const u32 = (number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(number)
  return bytes
}

const u64 = (number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(number))
  return bytes
}

const compact = (number) => {
  if (number < 0xfd) return Buffer.from([number])
  const bytes = Buffer.alloc(5)
  bytes.writeUInt8(0xfe)
  bytes.writeUInt32LE(number, 1)
  return number > 0xffff ? bytes : Buffer.from([0xfd, number & 0xff, number >> 8])
}

const output = (value, number) => {
  const program = sha256(`output ${number}`).subarray(0, 20)
  return Buffer.concat([u64(value), Buffer.from([22, 0, 20]), program])
}

const transaction = (txid, outputs) =>
  Buffer.concat([
    u32(2), compact(1), txid, u32(0), compact(0), u32(0xfffffffd), compact(outputs.length), ...outputs, u32(0),
  ])

const entry = (key, value) => Buffer.concat([compact(1), Buffer.from([key]), compact(value.length), value])

// BIP 174: one input that spends a transaction of `outputs` outputs, which is in the PSBT as a whole.
export const psbt = (outputs) => {
  const spent = transaction(sha256('before'), Array.from({ length: outputs }, (_, number) => output(50_000, number)))
  const unsigned = transaction(sha256(sha256(spent)), [output(20_000, 'a'), output(29_000, 'b')])
  return Buffer.concat([
    Buffer.from('psbt\xff', 'latin1'), entry(0, unsigned), Buffer.from([0]), entry(0, spent), Buffer.from([0, 0, 0]),
  ])
}

const signed = (root) => {
  const { vectors } = JSON.parse(readFileSync(join(root, 'vectors/xrpl.json')))
  return vectors.find((vector) => vector.id === 'sign_single-001')
}

// What a wallet asks a Keystone to sign: the transaction with its SigningPubKey.
export const xrpJson = (root) => {
  const { input, expected } = signed(root)
  return Buffer.from(JSON.stringify({ ...input.tx_json, SigningPubKey: expected.signing_pub_key }))
}

// What a Keystone answers.
export const xrpBlob = (root) => Buffer.from(signed(root).expected.tx_blob, 'hex')

export const snapshot = (root) => readFileSync(join(root, 'vectors/demo/snapshot.json'))
