import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readBundleFiles, writeBundleFiles } from '#spillway/models/bundle.js'
import { readPrivateKey, readPublicKey, signBundle, verifyBundle } from '#spillway/models/signature.js'
import { need, python } from '../support/need.js'
import { temporary } from '../support/pipelines.js'
import { damaged, scaled } from '../support/registries.js'

const folder = temporary()

/** A key pair in PEM files. */
function pair(name: string, namedCurve = 'P-256') {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  const [key, pub] = [join(folder, `${name}.pem`), join(folder, `${name}.pub.pem`)]
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  writeFileSync(pub, publicKey.export({ type: 'spki', format: 'pem' }))
  return { key, pub }
}

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as { readonly code?: string }).code
  }
}

describe('a signature', () => {
  const { key, pub } = pair('release')
  const signed = signBundle(scaled(1), readPrivateKey(key))
  const check = (files: ReadonlyMap<string, Uint8Array>, by = pub) =>
    codeOf(() => verifyBundle(files, readPublicKey(by), 'here'))
  /** The signature file with one thing changed. */
  const forged = (
    change: (sig: {
      dsseEnvelope: { payload: string; signatures: { sig: string }[] }
      verificationMaterial: { publicKey: { hint: string | null } }
    }) => void,
  ) => {
    const sig = JSON.parse(Buffer.from(signed.get('model.sig')!).toString())
    change(sig)
    return damaged(signed, 'model.sig', Buffer.from(JSON.stringify(sig)))
  }

  it('holds for the files that were signed', () => {
    expect(check(signed)).toBeUndefined()
  })

  it.each(['P-384', 'P-521'])('may be of curve %s', (curve) => {
    const other = pair(curve, curve)
    expect(check(signBundle(scaled(1), readPrivateKey(other.key)), other.pub)).toBeUndefined()
  })

  it.each([
    ['no signature', () => scaled(1), 'MODEL_UNSIGNED'],
    ['a changed model', () => damaged(signed, 'model.onnx', Uint8Array.of(1)), 'SIGNATURE_INVALID'],
    ['a changed manifest', () => damaged(signed, 'manifest.json', Uint8Array.of(1)), 'SIGNATURE_INVALID'],
    ['a file more', () => damaged(signed, 'more', Uint8Array.of(1)), 'SIGNATURE_INVALID'],
    [
      'a file less',
      () => new Map([...signed].filter(([name]) => name !== 'probe.arrow')),
      'SIGNATURE_INVALID',
    ],
    ['noise', () => damaged(signed, 'model.sig', Uint8Array.of(1, 2)), 'SIGNATURE_INVALID'],
    ['an empty object', () => damaged(signed, 'model.sig', Buffer.from('{}')), 'SIGNATURE_INVALID'],
    [
      "another bundle's signature",
      () => damaged(scaled(2), 'model.sig', signed.get('model.sig')!),
      'SIGNATURE_INVALID',
    ],
    [
      'no signature value',
      () =>
        forged((sig) => {
          sig.dsseEnvelope.signatures[0].sig = ''
        }),
      'SIGNATURE_INVALID',
    ],
    [
      'two signatures',
      () =>
        forged((sig) => {
          sig.dsseEnvelope.signatures.push({ sig: '' })
        }),
      'SIGNATURE_INVALID',
    ],
    [
      'another payload',
      () =>
        forged((sig) => {
          sig.dsseEnvelope.payload = Buffer.from('{}').toString('base64')
        }),
      'SIGNATURE_INVALID',
    ],
  ])('is refused with %s', (_what, files, code) => {
    expect(check(files())).toBe(code)
  })

  it('is refused of another key, also where it does not say whose it is', () => {
    const other = pair('other')
    expect(check(signed, other.pub)).toBe('SIGNATURE_INVALID')
    const silent = forged((sig) => {
      sig.verificationMaterial.publicKey.hint = null
    })
    expect(check(silent)).toBeUndefined()
    expect(check(silent, other.pub)).toBe('SIGNATURE_INVALID')
  })

  it('needs keys of the right kind', () => {
    const rsa = join(folder, 'rsa.pem')
    const made = generateKeyPairSync('rsa', { modulusLength: 2048 })
    writeFileSync(rsa, made.publicKey.export({ type: 'spki', format: 'pem' }))
    expect(codeOf(() => readPublicKey(rsa))).toBe('CONFIG_INVALID')
    expect(codeOf(() => readPublicKey(key))).toBe('CONFIG_INVALID')
    expect(codeOf(() => readPrivateKey(join(folder, 'none.pem')))).toBe('CONFIG_INVALID')
  })
})

describe.skipIf(!need('python', ['model_signing', 'OpenSSL']))('the model_signing package', () => {
  const { key, pub } = pair('python')
  const theirs = join(folder, 'theirs')
  const run = (...args: string[]) =>
    execFileSync(python, ['-m', 'model_signing', ...args], { stdio: 'pipe' }).toString()
  beforeAll(() => writeBundleFiles(theirs, scaled(1)))

  it('verifies what is signed here, and sees a change', () => {
    const ours = join(folder, 'ours')
    writeBundleFiles(ours, signBundle(scaled(1), readPrivateKey(key)))
    const verifying = () =>
      run('verify', 'key', ours, '--signature', join(ours, 'model.sig'), '--public_key', pub)
    expect(verifying()).toContain('succeeded')
    writeFileSync(join(ours, 'model.onnx'), 'other')
    expect(verifying).toThrow()
  }, 60_000)

  it('signs what is verified here', () => {
    run('sign', 'key', theirs, '--signature', join(theirs, 'model.sig'), '--private_key', key)
    const files = readBundleFiles(theirs)
    expect(codeOf(() => verifyBundle(files, readPublicKey(pub), theirs))).toBeUndefined()
    const changed = damaged(files, 'probe.arrow', Uint8Array.of(1))
    expect(codeOf(() => verifyBundle(changed, readPublicKey(pub), theirs))).toBe('SIGNATURE_INVALID')
  }, 60_000)
})
