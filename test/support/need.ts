import { execFileSync } from 'node:child_process'

/** The Python interpreter of the tests: SPILLWAY_PYTHON, else python3. */
export const python = process.env['SPILLWAY_PYTHON'] ?? 'python3'

const known = new Map<string, string | undefined>()

/**
 * Whether a tool that only some tests need is here: `need('python', ['numpy'])` asks for modules.
 * What is missing is named once on the console; with SPILLWAY_REQUIRE_ALL=1 it is an error.
 */
export function need(tool: 'python', modules: readonly string[]): boolean {
  const key = `${tool} ${modules.join(' ')}`
  if (!known.has(key)) known.set(key, missing(modules))
  const problem = known.get(key)
  if (problem === undefined) return true
  if (process.env['SPILLWAY_REQUIRE_ALL'] === '1') throw new Error(problem)
  console.error(`SKIPPED: ${problem}`)
  return false
}

function missing(modules: readonly string[]): string | undefined {
  try {
    execFileSync(python, ['-c', modules.map((m) => `import ${m}`).join('\n')], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    const text = error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error)
    return `${python} with ${modules.join(', ')} is not here (${text})`
  }
}
