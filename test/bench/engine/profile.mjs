import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runKafka } from './throughput.mjs'

/** Own time of each function of a V8 CPU profile, in ms, most first. */
export function hottest(profile) {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]))
  const own = new Map()
  profile.samples.forEach((id, index) => {
    const { functionName, url, lineNumber } = nodes.get(id)
    const place = url === '' ? '' : ` ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`
    const name = `${functionName || '(anonymous)'}${place}`
    own.set(name, (own.get(name) ?? 0) + profile.timeDeltas[index] / 1e3)
  })
  return [...own].map(([name, ms]) => ({ name, ms })).sort((a, b) => b.ms - a.ms)
}

/** Profiles a Kafka run at least once; the files can be opened in a browser's developer tools. */
export async function profile(settings) {
  const folder = mkdtempSync(join(settings.folder, 'profile-'))
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`]
  const { ratePerCpu, threads } = await runKafka({ ...settings, flags }, 0, 'at_least_once')
  const files = readdirSync(folder).sort()
  return {
    folder,
    ratePerCpu,
    threads,
    profiles: files.map((file) => ({
      file,
      hottest: hottest(JSON.parse(readFileSync(join(folder, file), 'utf8'))).slice(0, 25),
    })),
  }
}

export function printProfile({ folder, ratePerCpu, threads, profiles }) {
  const say = (line) => process.stdout.write(`${line}\n`)
  say(`\n${Math.round(ratePerCpu)} events per CPU second with the profiler on; profiles in ${folder}`)
  say(`CPU seconds by thread: ${threads.map((cpu) => cpu.toFixed(2)).join(' ')}`)
  for (const { file, hottest: functions } of profiles) {
    say(`\n${file}`)
    for (const { name, ms } of functions) say(`${ms.toFixed(0).padStart(8)} ms  ${name}`)
  }
}
