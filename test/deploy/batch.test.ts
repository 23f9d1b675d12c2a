import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { writeArrow } from '../support/arrow-files.js'
import { columnsText, writeBundle } from '../support/bundles.js'
import { until } from '../support/kafka.js'
import { liveEvents } from '../support/live.js'
import { linear } from '../support/onnx.js'
import { temporary } from '../support/pipelines.js'
import { root, textOf } from '../support/sources.js'

const LIMIT = 120_000

/** A submit script as its batch system runs it, with this build for `spillway` and a stand-in for scontrol. */
function submit(script: string, ...args: readonly string[]) {
  const folder = temporary()
  const asked = join(folder, 'scontrol.log')
  mkdirSync(join(folder, 'bin'))
  const scontrol = join(folder, 'bin', 'scontrol')
  writeFileSync(scontrol, `#!/bin/sh\necho "$@" >> ${asked}\n`)
  chmodSync(scontrol, 0o755)
  const child = spawn('bash', [join(root, script), ...args], {
    cwd: root,
    env: {
      ...process.env,
      PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      SPILLWAY: `${process.execPath} ${root}dist/cli/main.js`,
      SLURM_JOB_ID: '17',
      SLURM_CPUS_PER_TASK: '1',
    },
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  return {
    ended: once(child, 'close').then(([code]) => ({ code: code as number, text })),
    /** As a batch system does at the time limit: to the script, not to what it started. */
    stop: () => child.kill('SIGTERM'),
    asked: () => (existsSync(asked) ? readFileSync(asked, 'utf8').trim() : ''),
  }
}

/** A pipeline on files that goes on until it is stopped. */
async function endless(folder: string): Promise<string> {
  writeBundle(join(folder, 'lin'), linear([2, 1]), columnsText(['a', 'b']), 'linear')
  await writeArrow(join(folder, 'input.arrow'), [liveEvents(0), liveEvents(20)])
  const file = join(folder, 'pipeline.yaml')
  writeFileSync(
    file,
    `name: batch
source: { files: input.arrow, rate: 400, repeat: 0 }
steps: [{ name: lin, model: lin }]
sink: { scores: { files: scores }, dead_letters: { files: dead }, commit: { interval_ms: 50 } }
`,
  )
  return file
}

describe('deploy/slurm/score.sbatch', () => {
  it(
    'drains at the time limit and asks to be put back',
    async () => {
      const folder = temporary()
      const job = submit('deploy/slurm/score.sbatch', await endless(folder))
      const scores = join(folder, 'scores')
      await until(() => existsSync(scores) && readdirSync(scores).length > 3, 'scores', LIMIT / 2)
      job.stop()
      const { code, text } = await job.ended
      expect(code, text).toBe(0)
      expect(job.asked()).toBe('requeue 17')
    },
    LIMIT,
  )

  it(
    'ends with the code of what needs a person, and is not put back',
    async () => {
      const file = join(temporary(), 'wrong.yaml')
      writeFileSync(file, 'name: wrong\n')
      const job = submit('deploy/slurm/score.sbatch', file)
      expect((await job.ended).code).toBe(1)
      expect(job.asked()).toBe('')
    },
    LIMIT,
  )
})

const SYSTEM = 'polarization-regression'

/** Epochs that a run has logged. */
const epochs = (run: string): number => {
  const log = join(run, 'log.jsonl')
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0
}

describe('training as a batch job', () => {
  it(
    'of SLURM saves a checkpoint at the time limit, is put back, and goes on from it',
    async () => {
      const out = join(temporary(), 'run')
      const args = [SYSTEM, out, '--preset', 'full']
      const first = submit('deploy/slurm/train.sbatch', ...args)
      await until(() => epochs(out) > 1, 'an epoch', LIMIT / 2)
      first.stop()
      const { text } = await first.ended
      expect(existsSync(join(out, 'checkpoint.bin')), text).toBe(true)
      expect(first.asked()).toBe('requeue 17')
      const before = epochs(out)
      const second = submit('deploy/slurm/train.sbatch', ...args)
      await until(() => epochs(out) > before, 'another epoch', LIMIT / 2)
      second.stop()
      await second.ended
      expect(second.asked()).toBe('requeue 17')
    },
    LIMIT,
  )

  it(
    'of HTCondor ends with 85 when it is put off, and goes on from its checkpoint',
    async () => {
      const out = join(temporary(), 'run')
      const args = [SYSTEM, out, '--preset', 'full']
      const job = submit('deploy/htcondor/train.sh', ...args)
      await until(() => epochs(out) > 1, 'an epoch', LIMIT / 2)
      job.stop()
      expect((await job.ended).code).toBe(85)
      const before = epochs(out)
      const again = submit('deploy/htcondor/train.sh', ...args)
      await until(() => epochs(out) > before, 'another epoch', LIMIT / 2)
      again.stop()
      await again.ended
    },
    LIMIT,
  )
})

describe('submit files', () => {
  it.each(['train', 'score'].map((name) => `deploy/slurm/${name}.sbatch`))(
    '%s tells SIGTERM to its script before the time is up',
    (path) => {
      expect(textOf(path)).toMatch(/^#SBATCH --signal=B:TERM@(\d+)$/m)
      // Room for the 25 s of a drain.
      expect(Number(/TERM@(\d+)/.exec(textOf(path))![1])).toBeGreaterThan(30)
      expect(textOf(path)).toMatch(/^#SBATCH --requeue$/m)
    },
  )

  it.each(['train', 'score'].map((name) => `deploy/htcondor/${name}.sub`))(
    '%s holds code 1, and tries what is temporary again',
    (path) => {
      const keys = Object.fromEntries(
        [...textOf(path).matchAll(/^(\w+)\s*=\s*(.*)$/gm)].map(([, key, value]) => [key, value]),
      )
      expect(keys).toMatchObject({
        kill_sig: 'SIGTERM',
        on_exit_remove: 'ExitBySignal == False && ExitCode == 0',
        on_exit_hold: 'ExitBySignal == False && ExitCode == 1',
      })
      expect(Number(keys['job_max_vacate_time'])).toBeGreaterThan(30)
    },
  )
})

describe('the provisioning of Grafana', () => {
  it('brings its data source and its dashboards', () => {
    const [source] = parse(textOf('deploy/grafana/provisioning/datasources/prometheus.yaml')).datasources
    expect(source.url).toBe('http://prometheus:9090')
    const [provider] = parse(textOf('deploy/grafana/provisioning/dashboards/spillway.yaml')).providers
    const { grafana } = parse(textOf('deploy/compose.yaml'), { merge: true }).services
    expect(grafana.volumes).toContain(`./grafana/dashboards:${provider.options.path}:ro`)
  })
})
