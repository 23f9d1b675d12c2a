import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir } from '../../scripts/servers/process.mjs'
import { root } from './sources.js'

/** What scripts/install-helm.sh makes. */
const tools = join(cacheDir(), 'deploy-tools-2')
export const schemas = join(tools, 'schemas')

export const deployToolsMissing = (): string | null =>
  existsSync(join(tools, 'complete')) ? null : 'helm, kubeconform and compose-spec (scripts/install-helm.sh)'

/** Runs `helm`, `kubeconform` or `compose-spec` in a folder of the repository. @throws with all it wrote when it fails */
export function deployTool(name: string, args: readonly string[], input = '', folder = '.'): string {
  try {
    return execFileSync(join(tools, 'bin', name), args, {
      cwd: join(root, folder),
      input,
      encoding: 'utf8',
      stdio: 'pipe',
      maxBuffer: 1 << 26,
    })
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
    throw new Error(`${name} ${args.join(' ')}\n${stdout}${stderr}`)
  }
}
