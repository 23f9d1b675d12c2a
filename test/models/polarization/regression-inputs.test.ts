import { describe, expect, it } from 'vitest'
import { recipe } from '#spillway/models/polarization/regression/recipe.js'
import { wDerivedNames } from '#spillway/models/polarization/w-options.js'
import { DERIVED } from '#spillway/models/polarization/z-derived.js'

const task = (options: object) => recipe.task(recipe.options.parse(options))
const tensors = (options: object) => task(options).builder.tensors.map(({ name }) => name)
const side = (options: object) => task(options).builderOptions['derived_side'] ?? 'boson'
const transformer = { network: { kind: 'transformer' } }

describe('inputs of polarization-regression', () => {
  it('are derived quantities in place of momenta, or beside the tokens, or none of them', () => {
    for (const boson of ['z', 'w', 'wz-w', 'wz-z']) {
      expect(tensors({ boson })).toEqual(['derived'])
      expect(tensors({ boson, derived: false })).toEqual(['momenta'])
      expect(tensors({ boson, ...transformer })).toEqual(['particles', 'mask', 'derived'])
      expect(tensors({ boson, ...transformer, derived: false })).toEqual(['particles', 'mask'])
      expect(tensors({ boson, channel: true })).toEqual(['channel', 'derived'])
    }
  })

  it('are those of the final state and of what is known of the neutrino', () => {
    const names = (options: object) => task(options).builder.tensors[0].components
    expect(names({})).toEqual(DERIVED)
    expect(names({ derived: ['z_pt'] })).toEqual(['z_pt'])
    expect(names({ boson: 'w' })).toEqual(wDerivedNames('lnu', 'met'))
    expect(names({ boson: 'w', neutrino: 'truth' })).toEqual(wDerivedNames('lnu', 'truth'))
    expect(names({ boson: 'wz-z' })).toEqual(wDerivedNames('lnull', 'met'))
    expect(() => task({ boson: 'w', derived: ['z_pt'] })).toThrow(/z_pt/)
  })

  it('are of either mirror image where both are as likely, and as they are where a quark has a side', () => {
    for (const options of [{}, { channels: [0, 1] }, { channels: [6] }, { boson: 'w' }]) {
      expect(side(options)).toBe('boson')
      expect(task({ ...options, ...transformer }).builderOptions['oriented']).toBe(true)
    }
    for (const options of [
      { channel: true },
      { channels: [0] },
      { quark_pz: 'incoming' },
      { quark_pz: 'outgoing' },
    ]) {
      expect(side(options)).toBe('beam')
      expect(task({ ...options, ...transformer }).builderOptions['oriented']).toBe(false)
    }
  })
})
