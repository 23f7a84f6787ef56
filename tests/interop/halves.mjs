// The two programs, by `qr show --text` and `qr scan --text`.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const programs = resolve(process.env.AIRLOCK_WORKSPACE, process.env.AIRLOCK_PROGRAMS)

export const HALVES = ['airlock-online', 'airlock-offline']

const run = (half, folder, args, input) => {
  const outcome = spawnSync(join(programs, half), ['--json', '--home', 'home', 'qr', ...args], {
    cwd: folder, input, maxBuffer: 1 << 28,
  })
  if (outcome.status !== 0) {
    throw new Error(`${half} qr ${args.join(' ')}: ${outcome.stderr}${outcome.stdout}`.slice(0, 2000))
  }
  return JSON.parse(outcome.stdout)
}

const inFolder = (work) => {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-interop-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// The frames that a half shows of the payload.
export const show = (half, payload, profile, ...more) =>
  inFolder((folder) => {
    writeFileSync(join(folder, 'payload'), payload)
    return run(half, folder, ['show', 'payload', '--text', '--for', profile, ...more])
  })

// The file that a half makes of these frames.
export const scan = (half, frames) =>
  inFolder((folder) => {
    const answer = run(half, folder, ['scan', '--text', '--out', '.'], frames.join('\n') + '\n')
    return { bytes: readFileSync(join(folder, answer.file)), codes: answer.codes, what: answer.what }
  })
